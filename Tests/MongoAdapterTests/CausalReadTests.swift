import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("Reads come after what their connection has seen", .timeLimit(.minutes(5)), .needsMongod)
struct CausalReadTests {
    private let database = "shop"
    private let tenant: TenantID = "acme"

    private func key(_ number: Int) throws -> DocumentKey {
        DocumentKey(collection: "things", id: try DocumentID(.string("thing-\(number)")))
    }

    /// Documents of a collection, as a connection of the test itself finds them.
    private func find(
        _ filter: Document,
        in collection: String,
        of database: String,
        sort: Document,
        on observer: MongoConnection
    ) async throws -> [Document] {
        try await observer.lanes.run { (client) throws(StoreError) in
            var found: [Document] = []
            unsafe try client.find(filter, in: collection, of: database, options: ["sort": .document(sort)]) {
                (bytes) throws(StoreError) in
                found.append(try unsafe Document(storedBSON: bytes))
                return true
            }
            return found
        }
    }

    /// The operation time of the last change of a collection.
    private func lastChange(of collection: String, on observer: MongoConnection) async throws -> BSONTimestamp {
        let change = try await find(
            [
                "$or": [
                    ["ns": .string("\(database).\(collection)")],
                    ["o.applyOps.ns": .string("\(database).\(collection)")],
                ]
            ],
            in: "oplog.rs",
            of: "local",
            sort: ["$natural": -1],
            on: observer
        ).first
        guard case .timestamp(let time)? = change?["ts"] else { throw Missing(what: "a change of \(collection)") }
        return time
    }

    /// Runs a body and gives the reads by which a cursor began or something was counted, as the server was asked for them.
    private func reads(
        observedBy observer: MongoConnection,
        during body: () async throws -> Void
    ) async throws -> [(name: String, command: Document)] {
        let database = database
        func profile(_ level: Int32) async throws {
            try await observer.lanes.run { (client) throws(StoreError) in
                _ = try client.command(["profile": .int32(level)], on: database, .plain)
            }
        }
        try await profile(2)
        try await body()
        try await profile(0)
        let entries = try await find(
            ["ns": ["$ne": .string("\(database).system.profile")]],
            in: "system.profile",
            of: database,
            sort: ["ts": 1],
            on: observer
        )
        try await observer.lanes.run { (client) throws(StoreError) in
            _ = try client.command(["drop": "system.profile"], on: database, .write)
        }
        return entries.compactMap { entry in
            guard case .document(let command)? = entry["command"], entry["op"] != .string("getmore") else { return nil }
            return ["find", "aggregate", "count", "distinct"].first { command[$0] != nil }.map { ($0, command) }
        }
    }

    /// A transaction tells with its first command what all of it comes after.
    private func check(_ command: Document, named name: String, comesAfter time: BSONTimestamp) {
        if command["txnNumber"] != nil, command["startTransaction"] == nil { return }
        guard case .timestamp(let after)? = command[path: "readConcern.afterClusterTime"] else {
            Issue.record("A \(name) does not say what it comes after: \(command)")
            return
        }
        #expect(after >= time, "\(name)")
        let level = command[path: "readConcern.level"]
        #expect(level == "majority" || level == "snapshot", "\(name)")
    }

    /// A way to read, and how much it finds.
    private typealias Way = (name: String, read: () async throws -> Int)

    /// Reads through a client other than the one of the last change, and looks at what the server was asked for.
    private func check(
        _ way: Way,
        comesAfterLastChangeOf collection: String,
        on connection: MongoConnection,
        observedBy observer: MongoConnection
    ) async throws {
        let time = try await lastChange(of: collection, on: observer)
        // The lane of the change has the least to do, and is kept away from the read.
        let lane = connection.lanes.reserve()
        let reads = try await reads(observedBy: observer) {
            let found = try await way.read()
            #expect(found > 0, "\(way.name)")
        }
        connection.lanes.giveBack(lane)
        #expect(!reads.isEmpty, "\(way.name)")
        for read in reads { check(read.command, named: "\(read.name) of \(way.name)", comesAfter: time) }
    }

    private struct Missing: Error { let what: String }

    /// Runs a body with a connection of which other lanes than the first have not done anything, and one to look on with.
    private func withServer(_ body: (MongoConnection, _ observer: MongoConnection) async throws -> Void) async throws {
        let server = try await MongodServer.start()
        defer { server.removeData() }
        var configuration = MongoConnection.Configuration()
        configuration.laneCount = 3
        let connection = try await MongoConnection.open(server.uri(), configuration: configuration)
        let observer = try await MongoConnection.open(server.uri())
        try await body(connection, observer)
        await connection.close()
        await observer.close()
    }

    @Test("each way to read documents, through a client that has not seen the write")
    func documents() async throws {
        try await withServer { connection, observer in
            let store = try await MongoDocumentStore.open("mongo", on: connection, database: database)
            let ways: [Way] = [
                ("by key", { try await store.read(try key(0)) == nil ? 0 : 1 }),
                ("by keys", { try await store.readMany([try key(0), try key(1)]).compactMap { $0 }.count }),
                ("scan", { try await store.scan(ScanRange("things"), after: nil, pageSize: 10).documents.count }),
                (
                    "reader",
                    { try await store.reader(of: ScanRange("things"), after: nil).next(pageSize: 10).documents.count }
                ),
                (
                    "query",
                    { try await store.query(DocumentQuery("things"), after: nil, pageSize: 10).documents.count }
                ),
                ("count", { try await store.count("things", partition: nil, where: .all) }),
                ("ranges", { try await store.scanRanges(of: "things", maximumCount: 4).count }),
            ]
            for (number, way) in ways.enumerated() {
                // Each way has a write of its own before it.
                _ = try await store.write(.put(["by": "us"], to: try key(number), condition: .insert))
                try await check(way, comesAfterLastChangeOf: "things", on: connection, observedBy: observer)
            }
        }
    }

    @Test("each way to read events, through a client that has not seen the append")
    func events() async throws {
        try await withServer { connection, observer in
            let store = try await MongoEventStore.open("mongo", on: connection, database: database)
            _ = try await store.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: .open))
            let stream: StreamID = "orders"
            let ways: [Way] = [
                ("head", { Int(try await store.head(tenant: tenant, epoch: .unrouted)?.position ?? 0) }),
                ("log", { try await store.readLog(tenant: tenant, after: 0, limit: 10, epoch: .unrouted).count }),
                (
                    "stream",
                    {
                        let page = try await store.readStream(
                            stream,
                            tenant: tenant,
                            from: .first,
                            limit: 10,
                            epoch: .unrouted
                        )
                        return page.count
                    }
                ),
                ("version", { Int(try await store.streamVersion(stream, tenant: tenant, epoch: .unrouted)) }),
                ("tenants", { try await store.tenants(after: nil, limit: 10).count }),
            ]
            for (number, way) in ways.enumerated() {
                let event = NewEvent(type: "E", occurredAt: .now(), payload: ["number": .int32(Int32(number))])
                let part = StreamAppend(stream, expected: .any, events: [event])
                _ = try await store.append([part], tenant: tenant, epoch: .unrouted)
                try await check(way, comesAfterLastChangeOf: "cutover.events", on: connection, observedBy: observer)
            }
        }
    }
}
