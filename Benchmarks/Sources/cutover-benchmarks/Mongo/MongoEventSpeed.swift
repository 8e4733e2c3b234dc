internal import MigrationCore
internal import MongoAdapter

/// Events in MongoDB beside loops over the C API, and beside a single caller.
enum MongoEventSpeed {
    /// What the adapter calls the collection of events; the raw loop copies it into one that the adapter has made.
    private static let collection = "cutover.events"
    private static let batchSize = 1_000

    /// Copying a log of 10,000 events into another database; the raw loop's target has the same unique indexes.
    static let copying = Benchmark(measures: ["mongo-event-copy"]) { environment in
        let count = 10_000
        let connection = try await MongoFixture.connection()
        let source = try await log("event-source", on: connection, role: .open)
        let events = EventFixture.fresh(count).events
        for start in stride(from: 0, to: count, by: batchSize) {
            let parts = events[start..<start + batchSize].map { StreamAppend($0.stream, events: [$0.event]) }
            _ = try await source.append(parts, tenant: EventFixture.tenant, epoch: .unrouted)
        }
        let raw = try RawMongo("event-source")
        var turn = 0
        /// A database that nothing was copied into yet.
        func target() async throws -> (name: String, store: MongoEventStore) {
            turn += 1
            let name = "event-target-\(turn)"
            return (name, try await log(name, on: connection, role: .follower))
        }
        let times = try await Alternation(rounds: environment.rounds) {
            let copier = EventCopier(source: source, target: try await target().store)
            return try await Stopwatch.seconds {
                let result = try await copier.copy(tenant: EventFixture.tenant)
                guard result.appended == count else {
                    throw RawFailure("the copy brought \(result.appended) of \(count) events")
                }
            } / Double(count)
        } reference: {
            let name = try await target().name
            return try Stopwatch.seconds {
                let copied = try raw.copy(collection, into: name, batchSize: batchSize, inTransactions: true)
                guard copied == count else { throw RawFailure("the raw copy brought \(copied) of \(count) events") }
            } / Double(count)
        }
        await connection.close()
        return [
            Measure.rate("mongo-event-copy", times, "events/s", of: "the raw transactions' rate", bar: .atLeast(0.6))
        ]
    }

    /// Appends of one event each to one tenant, by 64 callers and by one.
    static let appending = Benchmark(measures: ["mongo-append-64-callers"]) { environment in
        let connection = try await MongoFixture.connection()
        let store = try await log("appends", on: connection, role: .open)
        let times = try await Alternation(rounds: environment.rounds) {
            try await EventSpeed.secondsForEach(2_400, callers: 64, store)
        } reference: {
            try await EventSpeed.secondsForEach(300, callers: 1, store)
        }
        await connection.close()
        return [
            Measure.rate("mongo-append-64-callers", times, "events/s", of: "the single caller's rate", bar: .atLeast(5))
        ]
    }

    private static func log(
        _ database: String,
        on connection: MongoConnection,
        role: Fence.Role
    ) async throws -> MongoEventStore {
        let store = try await MongoEventStore.open(try StoreID(database), on: connection, database: database)
        _ = try await store.prepare(tenant: EventFixture.tenant, fence: Fence(epoch: .unrouted, role: role))
        return store
    }
}
