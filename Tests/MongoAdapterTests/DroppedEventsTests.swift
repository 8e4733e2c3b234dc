import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("Collections of events that are dropped under an open store", .timeLimit(.minutes(5)), .needsMongod, .mongod)
struct DroppedEventsTests {
    private static let fence = Fence(epoch: .unrouted, role: .open)
    private let database = MongodServer.databaseName()

    private func event() -> NewEvent { NewEvent(type: "E", occurredAt: .now(), payload: [:]) }

    /// Runs a command as another program would.
    private func run(_ command: Document) async throws -> Document {
        let database = database
        return try await TestBed.connection().lanes.run { (client) throws(StoreError) in
            try client.command(command, on: database, .plain)
        }
    }

    private func hasIndexes() async throws -> Bool {
        let database = database
        return try await TestBed.connection().lanes.run { (client) throws(StoreError) in
            try client.hasEventIndexes(in: database)
        }
    }

    /// Makes a tenant's head as `prepare` does once it has seen to the collections, and runs a body before the commit.
    private func makeHead(
        of tenant: TenantID,
        beforeCommit body: @escaping @Sendable (MongoClient) -> Void = { _ in }
    ) async throws {
        let database = database
        try await TestBed.connection().lanes.run { (client) throws(StoreError) in
            try client.transaction(budget: .seconds(30)) { (session) throws(StoreError) in
                let transaction = try EventTransaction(
                    on: client,
                    session: session,
                    database: database,
                    tenant: tenant,
                    expectedIDs: []
                )
                transaction.replaceHead(TenantHead(fence: Self.fence))
                try transaction.flush()
                body(client)
            }
        }
    }

    @Test("a log does not begin where the database was dropped after its collections were seen to")
    func noDatabase() async throws {
        let refused = await #expect(throws: StoreError.self) { try await makeHead(of: "acme") }
        #expect(refused?.code == .unavailable)
        #expect(refused?.message.contains("prepare") == true)
        // Nothing of it is left, not even a collection without the indexes.
        #expect(try await run(["listCollections": 1])[path: "cursor.firstBatch"] == .array([]))
    }

    @Test(
        "a log does not begin where the events alone were dropped, or their indexes",
        arguments: ["drop", "dropIndexes"]
    )
    func noIndexes(_ command: String) async throws {
        let store = try await TestBed.events(in: database)
        for tenant: TenantID in ["acme", "bolt"] { try await store.prepare(tenant: tenant, fence: Self.fence) }
        _ = try await run(
            command == "drop" ? ["drop": "cutover.events"] : ["dropIndexes": "cutover.events", "index": "*"]
        )
        let refusals = [
            await #expect(throws: StoreError.self) { try await makeHead(of: "coil") },
            // Its head is there, and its log begins with this event.
            await #expect(throws: StoreError.self) {
                _ = try await store.unrouted().append([event()], to: "s", tenant: "acme")
            },
        ]
        #expect(refusals.map { $0?.code } == [.unavailable, .unavailable])
        #expect(try await hasIndexes() == false)
        // As the message says.
        try await store.prepare(tenant: "acme", fence: Self.fence)
        #expect(try await hasIndexes())
        for tenant: TenantID in ["acme", "bolt"] {
            _ = try await store.unrouted().append([event()], to: "s", tenant: tenant)
        }
        await TestBed.drop(database)
    }

    @Test("a log whose events were dropped while its head stayed does not go on, and no version begins anew")
    func noEvents() async throws {
        let store = try await TestBed.events(in: database)
        try await store.prepare(tenant: "acme", fence: Self.fence)
        _ = try await store.unrouted().append([event(), event()], to: "s", tenant: "acme")
        _ = try await run(["drop": "cutover.events"])
        for isPrepared in [false, true] {
            if isPrepared { try await store.prepare(tenant: "acme", fence: Self.fence) }
            for stream: StreamID in ["s", "t"] {
                let refused = await #expect(throws: StoreError.self) {
                    _ = try await store.unrouted().append([event()], to: stream, tenant: "acme")
                }
                #expect(refused?.code == .logDiverged)
                #expect(refused?.context.position == 2)
            }
            #expect(try await run(["count": "cutover.events"])["n"] == .int32(0))
        }
        // Another tenant is not harmed by it.
        try await store.prepare(tenant: "bolt", fence: Self.fence)
        _ = try await store.unrouted().append([event()], to: "s", tenant: "bolt")
        await TestBed.drop(database)
    }

    @Test("what stands behind a new head is not dropped before the head is there")
    func held() async throws {
        let database = database
        _ = try await TestBed.events(in: database)
        let codes = Locked<[UInt32?]>([])
        try await makeHead(of: "acme") { client in
            let drops: [Document] = [
                ["drop": "cutover.events"], ["dropIndexes": "cutover.events", "index": "*"], ["dropDatabase": 1],
            ]
            for drop in drops {
                var drop = drop
                drop.append("maxTimeMS", 100)
                do throws(StoreError) {
                    _ = try client.command(drop, on: database, .plain)
                    codes.withLock { $0.append(nil) }
                } catch {
                    codes.withLock { $0.append(error.mongoFailure?.code) }
                }
            }
        }
        #expect(codes.withLock { $0 } == [UInt32?](repeating: ServerCode.maxTimeExpired, count: 3))
        #expect(try await hasIndexes())
        #expect(try await TestBed.events(in: database).head(tenant: "acme", epoch: .maintenance) != nil)
        await TestBed.drop(database)
    }

    private func prepareAndAppend(to store: MongoEventStore, _ tenant: TenantID) async throws {
        do throws(StoreError) {
            try await store.prepare(tenant: tenant, fence: Self.fence)
            _ = try await store.unrouted().append([event()], to: "s", tenant: tenant)
        } catch {
            let expected: Set<StoreError.Code> = [.unavailable, .tenantNotPrepared, .busy, .timeout, .cancelled]
            guard expected.contains(error.code) else { throw error }
        }
    }

    @Test("whoever prepares and appends while the database is dropped again and again ends with a log and its indexes")
    func race() async throws {
        let store = try await TestBed.events(in: database)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    let tenant = try TenantID("tenant-\(writer % 2)")
                    while !Task.isCancelled { try await prepareAndAppend(to: store, tenant) }
                }
            }
            for _ in 0..<12 {
                try await Task.sleep(for: .milliseconds(100))
                _ = try await run(["dropDatabase": 1])
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        for tenant: TenantID in ["tenant-0", "tenant-1"] {
            try await store.prepare(tenant: tenant, fence: Self.fence)
            _ = try await store.unrouted().append([event()], to: "s", tenant: tenant)
            let log = try await store.readLog(tenant: tenant, after: 0, limit: 100_000, epoch: .maintenance)
            #expect(log.map(\.position) == (1...Int64(log.count)).map { $0 })
            #expect(log.map(\.version) == log.map(\.position))
        }
        #expect(try await hasIndexes())
        await TestBed.drop(database)
    }
}
