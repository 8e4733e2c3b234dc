import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("A database that is dropped under an open store", .timeLimit(.minutes(5)), .needsMongod)
struct DroppedDatabaseTests {
    private static let key = DocumentKey(collection: "things", id: "a")

    @Test("is empty to a user who may only read, ends its feeds, and says what a new one needs")
    func reader() async throws {
        try await MongodServer.withAuthentication { server, password in
            let administrator = try await server.connection(as: "ada", password)
            let store = try await MongoDocumentStore.open("documents", on: administrator, database: "shop")
            #expect(try await store.write(["n": 1], to: Self.key, condition: .insert).isApplied)
            try await server.createReader("eve", password: "reads", of: "shop", on: administrator)
            let connection = try await server.connection(as: "eve", "reads")
            let readable = try await MongoDocumentStore.open("documents", on: connection, database: "shop")
            let place = try await readable.currentContinuation(in: "things")
            #expect(try await readable.read(Self.key)?.document["n"] == 1)

            try await administrator.dropDatabase("shop")

            #expect(try await readable.read(Self.key) == nil)
            #expect(try await readable.scan(ScanRange("things"), after: nil, pageSize: 10).documents.isEmpty)
            #expect(try await readable.count("things") == 0)
            #expect(try await readable.collections().isEmpty)
            let ended = await #expect(throws: StoreError.self) {
                _ = try await readable.changes(
                    in: "things",
                    from: .after(place),
                    limit: 10,
                    waitingUpTo: .seconds(30)
                )
            }
            #expect(ended?.code == .feedHistoryLost)
            // The server follows only what exists. A reader cannot make it exist, and is told so or finds that it does.
            do throws(StoreError) {
                _ = try await readable.currentContinuation(in: "things")
            } catch {
                #expect(error.code == .notPermitted)
                #expect(error.message.contains("create a collection"))
            }

            // Whoever may write makes it exist again, and then the reader goes on.
            #expect(try await store.write(["n": 2], to: Self.key, condition: .insert).isApplied)
            #expect(try await readable.read(Self.key)?.document["n"] == 2)
            let next = try await readable.currentContinuation(in: "things")
            #expect(try await store.write(["n": 3], to: Self.key, condition: .replace).isApplied)
            let page = try await readable.changes(in: "things", from: .after(next), limit: 1, waitingUpTo: .seconds(30))
            #expect(page.changes.map(\.key) == [Self.key])
            await connection.close()
            await administrator.close()
        }
    }

    @Test("is made again by a store that may write", .mongod)
    func writer() async throws {
        let database = MongodServer.databaseName()
        let store = try await TestBed.documents(in: database)
        let soon = WallTime.now().advanced(by: .seconds(3_600))
        #expect(try await store.write(["n": 1], to: Self.key, lifetime: .until(soon)).isApplied)
        await TestBed.drop(database)
        let place = try await store.currentContinuation(in: "things")
        #expect(try await store.write(["n": 2], to: Self.key, condition: .insert).isApplied)
        let page = try await store.changes(in: "things", from: .after(place), limit: 1, waitingUpTo: .seconds(30))
        #expect(page.changes.map(\.key) == [Self.key])
        await TestBed.drop(database)
    }

    @Test("takes a tenant again only together with the unique indexes behind its log", .mongod)
    func events() async throws {
        let database = MongodServer.databaseName()
        let store = try await TestBed.events(in: database)
        let fence = Fence(epoch: .unrouted, role: .open)
        try await store.prepare(tenant: "acme", fence: fence)
        await TestBed.drop(database)
        let event = NewEvent(type: "E", occurredAt: .now(), payload: [:])
        let refused = await #expect(throws: StoreError.self) {
            _ = try await store.append([StreamAppend("s", events: [event])], tenant: "acme", epoch: .unrouted)
        }
        #expect(refused?.code == .tenantNotPrepared)
        try await store.prepare(tenant: "acme", fence: fence)
        _ = try await store.unrouted().append([event], to: "s", tenant: "acme")
        let reply = try await TestBed.connection().lanes.run { (client) throws(StoreError) in
            try client.command(["listIndexes": "cutover.events"], on: database, .plain)
        }
        guard case .array(let indexes)? = reply[path: "cursor.firstBatch"] else {
            Issue.record("no indexes")
            return
        }
        #expect(indexes.count == 3)
        await TestBed.drop(database)
    }
}
