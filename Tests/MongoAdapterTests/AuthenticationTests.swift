import CutoverMongoServer
import MigrationCore
import MongoAdapter
import Testing

@Suite("Authentication with MongoDB", .timeLimit(.minutes(5)), .needsMongod)
struct AuthenticationTests {
    @Test(
        "the right credentials serve; wrong, unknown and missing ones end at once, with an error that does not show them"
    )
    func credentials() async throws {
        try await MongodServer.withAuthentication { server, password in
            let connection = try await server.connection(as: "ada", password)
            let events = try await MongoEventStore.open("events", on: connection, database: "shop")
            try await events.prepare(tenant: "acme", fence: Fence(epoch: .unrouted, role: .open))
            let event = NewEvent(type: "E", occurredAt: .now(), payload: [:])
            let result = try await events.unrouted().append([event], to: "s", tenant: "acme")
            #expect(result.positions == 1...1)
            let documents = try await MongoDocumentStore.open("documents", on: connection, database: "shop")
            let key = DocumentKey(collection: "things", id: "a")
            #expect(try await documents.write(["n": 1], to: key, condition: .insert).isApplied)

            let start = ContinuousClock.now
            for user in ["ada", "bob", ""] {
                let error = await #expect(throws: StoreError.self) {
                    let connection = try await server.connection(as: user, "wr0ng")
                    defer { Task { await connection.close() } }
                    _ = try await MongoDocumentStore.open("documents", on: connection, database: "shop").read(key)
                }
                #expect(error?.code == .unauthenticated, "\(user): \(String(describing: error))")
                #expect(error?.code.isRetryable == false)
                #expect(error.map { String(reflecting: $0).contains("wr0ng") } == false)
            }
            #expect(start.duration(to: .now) < .seconds(60))
            await connection.close()
        }
    }

    @Test("a user without a right is told so, and reads what it may read")
    func rights() async throws {
        try await MongodServer.withAuthentication { server, password in
            let administrator = try await server.connection(as: "ada", password)
            let store = try await MongoDocumentStore.open("documents", on: administrator, database: "shop")
            let key = DocumentKey(collection: "things", id: "a")
            #expect(try await store.write(["n": 1], to: key, condition: .insert).isApplied)
            try await server.createReader("reader", password: "reads", of: "shop", on: administrator)
            let connection = try await server.connection(as: "reader", "reads")
            let readable = try await MongoDocumentStore.open("documents", on: connection, database: "shop")
            #expect(try await readable.read(key)?.document["n"] == 1)
            let error = await #expect(throws: StoreError.self) {
                _ = try await readable.write(["n": 2], to: key, condition: .upsert)
            }
            #expect(error?.code == .notPermitted)
            #expect(try await store.read(key)?.document["n"] == 1)
            await connection.close()
            await administrator.close()
        }
    }
}
