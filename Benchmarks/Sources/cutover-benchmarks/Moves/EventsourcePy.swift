internal import MigrationCore

/// The same job by eventsource-py, a Python library that moves tenants between event stores too: side by side, without bars.
///
/// Its part is `Benchmarks/Python/eventsource_move.py`, run by the interpreter that `CUTOVER_EVENTSOURCE_PYTHON` names;
/// `make bench` puts one with the library into the cache. Both sides use SQLite files and their own defaults.
enum EventsourcePy {
    private static let events = 20_000
    private static let writers = 32

    static let benchmark = Benchmark(
        measures: ["eventsource-py-copy", "eventsource-py-verify", "eventsource-py-dual-write", "eventsource-py-pause"]
    ) { environment in
        let theirs = try run(in: try environment.folder("eventsource-py"))
        let ours = try await measure(in: try environment.folder("eventsource-ours"), environment)
        var measures = [
            Measure(
                name: "eventsource-py-copy",
                value: ours.copied,
                unit: "events/s",
                comparison: (ours.copied / theirs.copiedPerSecond, "eventsource-py's rate")
            ),
            Measure(
                name: "eventsource-py-verify",
                value: ours.verified,
                unit: "events/s",
                comparison: (ours.verified / theirs.verifiedPerSecond, "eventsource-py's rate")
            ),
            Measure(
                name: "eventsource-py-dual-write",
                value: ours.dualWrite,
                unit: "times an append without a target",
                comparison: (ours.dualWrite / theirs.dualWriteRatio, "eventsource-py's overhead")
            ),
        ]
        if let pause = theirs.pauseMilliseconds {
            let load =
                theirs.pauseWriters == writers ? "" : ", which needs \(theirs.pauseWriters) slow writer to succeed"
            measures.append(
                Measure(
                    name: "eventsource-py-pause",
                    value: ours.pause,
                    unit: "ms with \(writers) writers",
                    // Nothing to compare with when no call of its writer met the cutover.
                    comparison: pause > 0 ? (ours.pause / pause, "eventsource-py's pause" + load) : nil
                )
            )
        }
        return measures
    }

    /// What the Python program prints.
    private struct Result: Decodable {
        let copiedPerSecond: Double
        let verifiedPerSecond: Double
        let dualWriteRatio: Double
        /// `nil` when no cutover succeeded.
        let pauseMilliseconds: Double?
        let pauseWriters: Int
    }

    private static func run(in folder: String) throws -> Result {
        try PythonProgram(script: "eventsource_move.py", interpreterIn: "CUTOVER_EVENTSOURCE_PYTHON").run([
            folder, String(events),
        ])
    }

    private static func measure(
        in folder: String,
        _ environment: Environment
    ) async throws -> (copied: Double, verified: Double, dualWrite: Double, pause: Double) {
        let fixture = try await MoveFixture.open(folder, history: events)
        let interceptor = try DualWriteInterceptor(fixture.router)
        var result = (copied: 0.0, verified: 0.0, dualWrite: 0.0, pause: 0.0)
        try await fixture.running([{ try await interceptor.run() }]) {
            let alone = try await MovingLoad.latencies(interceptor, MoveFixture.tenant, 200).percentile(0.5)
            var id: MigrationID?
            let copy = try await Stopwatch.seconds { id = try await fixture.follow() }
            guard let id else { return }
            result.copied = Double(events + 200) / copy
            let mirrored = try await MovingLoad.latencies(interceptor, MoveFixture.tenant, 200).percentile(0.5)
            result.dualWrite = mirrored / alone
            let verification = try await Stopwatch.seconds { _ = try await fixture.coordinator.verify(id) }
            result.verified = Double(events + 400) / verification
        }
        let log = CallLog()
        let work: [@Sendable () async throws -> Void] = (0..<writers).map { writer in
            { try await log.write(through: fixture.router, writer: writer) }
        }
        try await fixture.running(work) {
            guard let id = try await fixture.coordinator.route(of: MoveFixture.tenant)?.move?.migration else { return }
            try await Task.sleep(for: .milliseconds(500))
            let before = log.take().map(\.seconds)
            result.pause = try await PauseSpeed.added(by: id, fixture, log, before: before) * 1_000
        }
        await fixture.close()
        return result
    }
}
