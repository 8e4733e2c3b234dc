internal import MigrationCore
internal import MongoAdapter

/// The pause of a cutover as the writers feel it.
enum PauseSpeed {
    private static let writers = 32
    private static let cutovers = 100

    /// The added latencies of the calls that felt each cutover most, and how many cutovers failed.
    private struct Pauses {
        /// To the second store.
        var there: [Double] = []
        /// To the first one.
        var back: [Double] = []
        var errors = 0

        var all: [Double] { there + back }
    }

    /// The longest added latency of any writer, over many cutovers back and forth.
    static let benchmark = Benchmark(
        measures: [
            "cutover-pause-p50", "cutover-pause-p99", "cutover-pause-errors", "cutover-pause-history",
            "cutover-pause-history-random-ids",
        ]
    ) { environment in
        let folder = try environment.folder("pause")
        let short = try await pauses(try await MoveFixture.open(folder, history: 10_000), cutovers: cutovers)
        let long = try await pauses(try await MoveFixture.open(folder, history: 1_000_000), cutovers: 20)
        // Every append writes a page of its own of the index of ids, and copying them into the file keeps the disk busy.
        let scattered = try await pauses(
            try await MoveFixture.open(folder, history: 1_000_000, ids: .random),
            cutovers: 20,
            ids: .random
        )
        return measures("cutover-pause", short.all, p50: .atMost(15), p99: .atMost(50)) + [
            Measure(
                name: "cutover-pause-errors",
                value: Double(short.errors + long.errors + scattered.errors),
                unit: "errors",
                bar: .atMost(0)
            ),
            Measure(
                name: "cutover-pause-history",
                value: long.all.percentile(0.5) * 1_000,
                unit: "ms with 1,000,000 events",
                comparison: (long.all.percentile(0.5) / short.all.percentile(0.5), "the pause with 10,000 events"),
                bar: .atMost(1.5)
            ),
            Measure(
                name: "cutover-pause-history-random-ids",
                value: scattered.all.percentile(0.5) * 1_000,
                unit: "ms with 1,000,000 events",
                comparison: (scattered.all.percentile(0.5) / short.all.percentile(0.5), "the pause with 10,000 events")
            ),
        ]
    }

    /// The same from a SQLite file to a replica set, and back: with the control store in a file, and on the replica set.
    ///
    /// The writers append 1,000 events a second in all. Without a pace they append more to a file than a server on the same two cores
    /// takes, and the follower never comes near.
    static let mongo = Benchmark(
        measures: [
            "mongo-cutover-pause-p50", "mongo-cutover-pause-p99", "mongo-cutover-pause-back-p50",
            "mongo-cutover-pause-back-p99", "mongo-cutover-pause-errors", "mongo-cutover-pause-control-p50",
            "mongo-cutover-pause-control-p99",
        ]
    ) { environment in
        let folder = try environment.folder("mongo-pause")
        let file = try await MoveFixture.open(
            folder,
            history: 10_000,
            second: try await MongoEventStore.open("second", at: try MongoFixture.uri(database: "pause"))
        )
        let pauses = try await PauseSpeed.pauses(file, cutovers: cutovers * 2, isPaced: true)
        let server = try await MoveFixture.open(
            folder,
            history: 10_000,
            second: try await MongoEventStore.open("second", at: try MongoFixture.uri(database: "pause-control")),
            control: try await MongoDocumentStore.open("control", at: try MongoFixture.uri(database: "control"))
        )
        let controlled = try await PauseSpeed.pauses(server, cutovers: 40, isPaced: true)
        return measures("mongo-cutover-pause", pauses.there, p50: .atMost(50), p99: .atMost(150))
            + measures("mongo-cutover-pause-back", pauses.back)
            + measures("mongo-cutover-pause-control", controlled.there) + [
                Measure(
                    name: "mongo-cutover-pause-errors",
                    value: Double(pauses.errors + controlled.errors),
                    unit: "errors",
                    bar: .atMost(0)
                )
            ]
    }

    private static func measures(_ name: String, _ added: [Double], p50: Bar? = nil, p99: Bar? = nil) -> [Measure] {
        [("p50", 0.5, p50), ("p99", 0.99, p99)].map { suffix, part, bar in
            Measure(name: "\(name)-\(suffix)", value: added.percentile(part) * 1_000, unit: "ms", bar: bar)
        }
    }

    /// Cuts over again and again under load, there and back, and closes the stores.
    private static func pauses(
        _ fixture: MoveFixture,
        cutovers: Int,
        ids: EventFixture.IDs = .ofTime,
        isPaced: Bool = false
    ) async throws -> Pauses {
        let log = CallLog()
        var pauses = Pauses()
        let work: [@Sendable () async throws -> Void] = (0..<writers).map { writer in
            {
                let pace = isPaced ? CallLog.Pace(interval: .milliseconds(writers), offset: .milliseconds(writer)) : nil
                try await log.write(through: fixture.router, writer: writer, ids: ids, pace: pace)
            }
        }
        try await fixture.running(work) {
            // What did not cut over still follows, and is tried again.
            var pending: MigrationID?
            for _ in 0..<cutovers {
                let id: MigrationID = if let pending { pending } else { try await fixture.follow() }
                let isBack = try await fixture.coordinator.route(of: MoveFixture.tenant)?.active == "second"
                _ = log.take()
                try await Task.sleep(for: .milliseconds(50))
                let before = log.take().map(\.seconds)
                do {
                    let added = try await added(by: id, fixture, log, before: before)
                    if isBack { pauses.back.append(added) } else { pauses.there.append(added) }
                    pending = nil
                } catch {
                    pending = id
                    pauses.errors += 1
                }
            }
        }
        await fixture.close()
        return pauses
    }

    /// Cuts over, and returns the seconds that the call which felt it most took beyond the median before.
    static func added(
        by id: MigrationID,
        _ fixture: MoveFixture,
        _ log: CallLog,
        before: [Double]
    ) async throws -> Double {
        let start = ContinuousClock.now
        try await fixture.coordinator.cutOver(id)
        let end = ContinuousClock.now
        try await Task.sleep(for: .milliseconds(50))
        let during = log.take().filter { $0.end > start && $0.start < end }
        return (during.map(\.seconds).max() ?? 0) - before.percentile(0.5)
    }
}
