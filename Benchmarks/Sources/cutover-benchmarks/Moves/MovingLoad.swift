internal import MigrationCore

/// What a move costs the application, and what the application costs the move.
enum MovingLoad {
    // MARK: Dual-writing

    /// Appends of a tenant whose target is written too, beside those of one that does not move, on the same files.
    static let dualWrite = Benchmark(measures: ["dual-write-append-p50"]) { environment in
        let folder = try environment.folder("dual-write")
        let fixture = try await MoveFixture.open(folder, history: 0)
        let interceptor = try DualWriteInterceptor(fixture.router)
        let still: TenantID = "still"
        var ours: [Double] = []
        var reference: [Double] = []
        try await fixture.running([{ try await interceptor.run() }]) {
            for tenant in [MoveFixture.tenant, still] { _ = try await latencies(interceptor, tenant, 10) }
            _ = try await fixture.follow()
            for _ in 0..<max(environment.rounds, 10) {
                reference.append(try await latencies(interceptor, still, 200).percentile(0.5))
                ours.append(try await latencies(interceptor, MoveFixture.tenant, 200).percentile(0.5))
            }
        }
        await fixture.close()
        return [
            Measure(
                name: "dual-write-append-p50",
                value: ours.median * 1e6,
                unit: "microseconds",
                comparison: (zip(ours, reference).map { $0 / $1 }.median, "an append without a target"),
                bar: .atMost(1.25)
            )
        ]
    }

    static func latencies(_ store: any EventStore, _ tenant: TenantID, _ count: Int) async throws -> [Double] {
        var random = SeededRandom(seed: .random(in: .min ... .max))
        var seconds: [Double] = []
        for number in 0..<count {
            let event = EventFixture.event(number, &random).event
            seconds.append(
                try await Stopwatch.seconds {
                    _ = try await store.append([StreamAppend("s", events: [event])], tenant: tenant)
                }
            )
        }
        return seconds
    }

    // MARK: Copying while the application writes

    /// Copies a history while 32 writers append a thousand events a second.
    static let copying = Benchmark(measures: ["copy-under-load", "copy-under-load-writers-p99"]) { environment in
        let folder = try environment.folder("copy-under-load")
        let history = 200_000
        let idle = try await copy(folder, history, limit: .unlimited, writers: 0)
        let loaded = try await copy(
            folder,
            history,
            limit: RateLimit(maximumItemsPerSecond: idle.rate * 0.6),
            writers: 32
        )
        return [
            Measure(
                name: "copy-under-load",
                value: loaded.rate,
                unit: "events/s",
                comparison: (loaded.rate / idle.rate, "the idle copy's rate"),
                bar: .atLeast(0.5)
            ),
            Measure(
                name: "copy-under-load-writers-p99",
                value: loaded.during * 1_000,
                unit: "ms",
                comparison: (loaded.during / loaded.before, "the writers' p99 before the copy"),
                bar: .atMost(2)
            ),
        ]
    }

    private static func copy(
        _ folder: String,
        _ history: Int,
        limit: RateLimit,
        writers: Int
    ) async throws -> (rate: Double, before: Double, during: Double) {
        let fixture = try await MoveFixture.open(folder, history: history) { $0.rateLimit = limit }
        let log = CallLog()
        let work: [@Sendable () async throws -> Void] = (0..<writers).map { writer in
            let pace = CallLog.Pace(interval: .milliseconds(writers), offset: .milliseconds(writer))
            return { try await log.write(through: fixture.router, writer: writer, pace: pace) }
        }
        var result = (rate: 0.0, before: 0.0, during: 0.0)
        try await fixture.running(work) {
            try await Task.sleep(for: .seconds(2))
            _ = log.take()
            try await Task.sleep(for: .seconds(3))
            result.before = log.take().map(\.seconds).percentile(0.99)
            let seconds = try await Stopwatch.seconds { _ = try await fixture.follow() }
            result.during = log.take().map(\.seconds).percentile(0.99)
            result.rate = Double(history) / seconds
        }
        await fixture.close()
        return result
    }
}
