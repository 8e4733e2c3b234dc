import CutoverMongoServer
import Foundation
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("Authentication with MongoDB", .timeLimit(.minutes(5)), .needsMongod)
struct AuthenticationTests {
    private static let password = "s3cret/@:"

    /// Runs a body with a server that asks for credentials, whose one user is `ada`.
    private func withServer(_ body: (MongodServer) async throws -> Void) async throws {
        let key = FileManager.default.temporaryDirectory.appendingPathComponent("cutover-key-\(UUID().uuidString)")
        let isWritten = FileManager.default.createFile(
            atPath: key.path,
            contents: Data("Y3V0b3Zlcg==".utf8),
            attributes: [.posixPermissions: 0o600]
        )
        #expect(isWritten)
        defer { try? FileManager.default.removeItem(at: key) }
        let server = try await MongodServer.start(options: ["--keyFile", key.path])
        defer { server.removeData() }
        try await server.createAdministrator("ada", password: Self.password)
        try await body(server)
    }

    private func open(_ server: MongodServer, as credentials: String) async throws(StoreError) -> MongoConnection {
        var configuration = MongoConnection.Configuration()
        // An error that waits for it would be seen.
        configuration.serverSelectionTimeout = .seconds(120)
        let uri = server.uri(options: credentials.isEmpty ? "" : "authSource=admin", credentials: credentials)
        return try await MongoConnection.open(uri, configuration: configuration)
    }

    @Test(
        "the right credentials serve; wrong, unknown and missing ones end at once, with an error that does not show them"
    )
    func credentials() async throws {
        try await withServer { server in
            let connection = try await open(server, as: "ada:s3cret%2F%40%3A@")
            let events = try await MongoEventStore.open("events", on: connection, database: "shop")
            try await events.prepare(tenant: "acme", fence: Fence(epoch: .unrouted, role: .open))
            let event = NewEvent(type: "E", occurredAt: .now(), payload: [:])
            let result = try await events.unrouted().append([event], to: "s", tenant: "acme")
            #expect(result.positions == 1...1)
            let documents = try await MongoDocumentStore.open("documents", on: connection, database: "shop")
            let key = DocumentKey(collection: "things", id: "a")
            #expect(try await documents.write(["n": 1], to: key, condition: .insert).isApplied)

            let start = ContinuousClock.now
            for credentials in ["ada:wr0ng@", "bob:wr0ng@", ""] {
                let error = await #expect(throws: StoreError.self) {
                    let connection = try await open(server, as: credentials)
                    defer { Task { await connection.close() } }
                    _ = try await MongoDocumentStore.open("documents", on: connection, database: "shop").read(key)
                }
                #expect(error?.code == .unauthenticated, "\(credentials): \(String(describing: error))")
                #expect(error?.code.isRetryable == false)
                #expect(error.map { String(reflecting: $0).contains("wr0ng") } == false)
            }
            #expect(start.duration(to: .now) < .seconds(60))
            await connection.close()
        }
    }

    @Test("a user without a right is told so, and reads what it may read")
    func rights() async throws {
        try await withServer { server in
            let administrator = try await open(server, as: "ada:s3cret%2F%40%3A@")
            let store = try await MongoDocumentStore.open("documents", on: administrator, database: "shop")
            let key = DocumentKey(collection: "things", id: "a")
            #expect(try await store.write(["n": 1], to: key, condition: .insert).isApplied)
            _ = try await administrator.lanes.run { (client) throws(StoreError) in
                try client.command(
                    [
                        "createUser": "reader", "pwd": "reads", "roles": [["role": "read", "db": "shop"]],
                    ],
                    on: "admin",
                    .plain
                )
            }
            let connection = try await open(server, as: "reader:reads@")
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
