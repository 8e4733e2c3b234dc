internal import Foundation

/// The engine of the Azure adapters beside a bare loop over libcurl, against a server that always gives the same answer.
///
/// The engine is no product: only the package itself may use it. So a program of the package, `cutover-transport-speed`, does our
/// half in a process of its own, and `Scripts/bench.sh` names it in `CUTOVER_TRANSPORT_SPEED`.
enum TransportSpeed {
    private static let count = 30_000
    private static let together = 64

    static let benchmark = Benchmark(
        measures: ["azure-transport-requests", "azure-transport-processor", "azure-transport-latency"]
    ) { environment in
        guard let program = ProcessInfo.processInfo.environment["CUTOVER_TRANSPORT_SPEED"] else {
            throw RawFailure("no program for the measures of the transport: run them through Scripts/bench.sh")
        }
        let responder = try FixedResponder()
        defer { responder.end() }
        var ours: [Result] = []
        var raw: [RawCurl.Times] = []
        let times = try await Alternation(rounds: environment.rounds) {
            let result: Result = try JSONProgram(path: program, arguments: [responder.url, "\(count)", "\(together)"])
                .run()
            ours.append(result)
            return result.seconds / Double(count)
        } reference: {
            let result = try RawCurl.gets(responder.url, count: count, together: together)
            raw.append(result)
            return result.seconds / Double(count)
        }
        let processor = zip(ours, raw).map { $0.processorSeconds / $1.processorSeconds }.median
        let latency = zip(ours, raw).map { $0.latency / $1.latency }.median
        return [
            Measure.rate(
                "azure-transport-requests",
                times,
                "requests/s",
                of: "the bare loop's rate",
                bar: .atLeast(0.7)
            ),
            Measure(
                name: "azure-transport-processor",
                value: ours.map(\.processorSeconds).median / Double(count) * 1e6,
                unit: "microseconds",
                comparison: (processor, "the bare loop's processor time"),
                bar: .atMost(1.5)
            ),
            Measure(
                name: "azure-transport-latency",
                value: ours.map(\.latency).median * 1e3,
                unit: "ms",
                comparison: (latency, "the bare loop's median"),
                bar: .atMost(1.3)
            ),
        ]
    }

    /// What the program prints.
    private struct Result: Decodable {
        let seconds: Double
        let processorSeconds: Double
        let latency: Double
    }
}
