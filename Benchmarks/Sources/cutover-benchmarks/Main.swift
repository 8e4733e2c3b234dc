internal import Foundation

/// `cutover-benchmarks`: measures what the issues set bars for, one line per measure.
///
/// `--only WORD` takes the measures whose name contains the word, `--strict` ends with 1 when a bar is missed, `--list`
/// prints the names. Files are written below `--scratch` (default `.build/benchmarks`), results to `--results`.
@main
enum Main {
    static func main() async {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        do {
            if let job = options.childJob {
                try await ChildJob.run(job)
            } else if options.lists {
                for name in suite.compactMap({ $0.selecting(options.only) }).flatMap(\.measures) { print(name) }
            } else if try await missedBars(options) > 0, options.isStrict {
                exit(1)
            }
        } catch {
            options.fail(String(reflecting: error))
        }
    }

    /// Runs what was selected and returns how many bars were missed.
    private static func missedBars(_ options: Options) async throws -> Int {
        let selected = suite.compactMap { $0.selecting(options.only) }
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
        return report.missed
    }

    /// Every benchmark there is, in the order of the report.
    static let suite: [Benchmark] = [
        JSONSpeed.parsing, JSONSpeed.writing, DigestSpeed.benchmark,
        MemorySpeed.benchmark, EventSpeed.copying, EventSpeed.scanning, EventSpeed.appending,
        DocumentSpeed.upserting, DocumentSpeed.reading, QuerySpeed.benchmark, RouterSpeed.benchmark,
        MovingLoad.dualWrite, MovingLoad.copying, PauseSpeed.benchmark, EventsourcePy.benchmark, MemoryUse.events,
        MemoryUse.documents, MongoDocumentSpeed.inserting, MongoDocumentSpeed.scanning, MongoDocumentSpeed.copying,
        PyMongoCopy.benchmark, MongoEventSpeed.copying, MongoEventSpeed.appending, PauseSpeed.mongo,
        MemoryUse.mongoDocuments, TransportSpeed.benchmark, BlobSpeed.benchmark, CosmosImport.benchmark,
        CosmosBudget.benchmark,
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
