internal import Foundation

/// `cutover-benchmarks`: measures what the issues set bars for, one line per measure.
///
/// `--only WORD` takes the measures whose name contains the word, `--strict` ends with 1 when a bar is missed, `--list`
/// prints the names. Files are written below `--scratch` (default `.build/benchmarks`), results to `--results`.
@main
enum Main {
    static func main() async throws {
        var options = Options(Array(CommandLine.arguments.dropFirst()))
        if let job = options.childJob { return try await ChildJob.run(job) }

        let selected = suite.compactMap { $0.selecting(options.only) }
        if options.lists {
            for name in selected.flatMap(\.measures) { print(name) }
            return
        }
        guard !selected.isEmpty else { options.fail("no measure has \"\(options.only ?? "")\" in its name") }

        let folder = options.scratch + "/\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }

        var report = Report(file: options.results)
        for benchmark in selected {
            let measures = try await benchmark.run(Environment(scratch: folder, rounds: options.rounds))
            for measure in measures where benchmark.measures.contains(measure.name) { report.add(measure) }
        }
        print(report.missed == 0 ? "every bar holds" : "\(report.missed) bars missed")
        if options.isStrict, report.missed > 0 { options.exitCode = 1 }
        if options.exitCode != 0 {
            try? FileManager.default.removeItem(atPath: folder)
            exit(options.exitCode)
        }
    }

    /// Every benchmark there is, in the order of the report.
    static let suite: [Benchmark] = [
        JSONSpeed.parsing, JSONSpeed.writing, DigestSpeed.benchmark,
    ]
}

extension Benchmark {
    /// This benchmark with the measures whose names contain a word; `nil` when there is none.
    func selecting(_ word: String?) -> Benchmark? {
        guard let word else { return self }
        let names = measures.filter { $0.contains(word) }
        return names.isEmpty ? nil : Benchmark(measures: names, run: run)
    }
}
