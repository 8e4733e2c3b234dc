internal import MigrationCore

/// The pause of a cutover as the writers feel it.
enum PauseSpeed {
    private static let writers = 32
    private static let cutovers = 100

    /// The longest added latency of any writer, over many cutovers back and forth.
    static let benchmark = Benchmark(
        measures: [
            "cutover-pause-p50", "cutover-pause-p99", "cutover-pause-errors", "cutover-pause-history",
            "cutover-pause-history-random-ids",
        ]
    ) { environment in
        let folder = try environment.folder("pause")
        let short = try await pauses(folder, history: 10_000, cutovers: cutovers)
        let long = try await pauses(folder, history: 1_000_000, cutovers: 20)
        // Every append writes a page of its own of the index of ids, and copying them into the file keeps the disk busy.
        let scattered = try await pauses(folder, history: 1_000_000, cutovers: 20, ids: .random)
        return [
            Measure(
                name: "cutover-pause-p50",
                value: short.added.percentile(0.5) * 1_000,
                unit: "ms",
                bar: .atMost(15)
            ),
            Measure(
                name: "cutover-pause-p99",
                value: short.added.percentile(0.99) * 1_000,
                unit: "ms",
                bar: .atMost(50)
            ),
            Measure(
                name: "cutover-pause-errors",
                value: Double(short.errors + long.errors + scattered.errors),
                unit: "errors",
                bar: .atMost(0)
            ),
            Measure(
                name: "cutover-pause-history",
                value: long.added.percentile(0.5) * 1_000,
                unit: "ms with 1,000,000 events",
                comparison: (long.added.percentile(0.5) / short.added.percentile(0.5), "the pause with 10,000 events"),
                bar: .atMost(1.5)
            ),
            Measure(
                name: "cutover-pause-history-random-ids",
                value: scattered.added.percentile(0.5) * 1_000,
                unit: "ms with 1,000,000 events",
                comparison: (
                    scattered.added.percentile(0.5) / short.added.percentile(0.5), "the pause with 10,000 events"
                )
            ),
        ]
    }

    /// Cuts over again and again under load; returns the added latency of the call that felt each cutover most.
    private static func pauses(
        _ folder: String,
        history: Int,
        cutovers: Int,
        ids: EventFixture.IDs = .ofTime
    ) async throws -> (added: [Double], errors: Int) {
        let fixture = try await MoveFixture.open(folder, history: history, ids: ids)
        let log = CallLog()
        var added: [Double] = []
        var errors = 0
        let work: [@Sendable () async throws -> Void] = (0..<writers).map { writer in
            { try await log.write(through: fixture.router, writer: writer, ids: ids) }
        }
        try await fixture.running(work) {
            for _ in 0..<cutovers {
                let id = try await fixture.follow()
                _ = log.take()
                try await Task.sleep(for: .milliseconds(50))
                let before = log.take().map(\.seconds)
                do { added.append(try await self.added(by: id, fixture, log, before: before)) } catch { errors += 1 }
            }
        }
        await fixture.close()
        return (added, errors)
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
