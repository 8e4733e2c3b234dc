internal import Crypto
internal import MigrationCore

/// What a canonical digest costs, beside SHA-256 over the same bytes.
enum DigestSpeed {
    /// With the order of fields kept and ignored.
    static let benchmark = Benchmark(measures: ["digest-order-kept", "digest-order-ignored"]) { environment in
        [
            try await measure("digest-order-kept", .default, .atMost(1.3), environment),
            try await measure("digest-order-ignored", DigestOptions(fieldOrder: .ignored), .atMost(3), environment),
        ]
    }

    private static func measure(
        _ name: String,
        _ options: DigestOptions,
        _ bar: Bar,
        _ environment: Environment
    ) async throws -> Measure {
        let documents = MailCorpus.allCases.flatMap(\.documents)
        let bytes = documents.map(\.bson)
        let repetitions = Stopwatch.repetitions {
            for document in documents { keep(document.canonicalDigest(options)) }
        }
        let times = await Alternation(rounds: environment.rounds) {
            Stopwatch.seconds {
                for _ in 0..<repetitions { for document in documents { keep(document.canonicalDigest(options)) } }
            } / Double(repetitions * documents.count)
        } reference: {
            Stopwatch.seconds {
                for _ in 0..<repetitions { for document in bytes { keep(SHA256.hash(data: document)) } }
            } / Double(repetitions * documents.count)
        }
        return Measure(
            name: name,
            value: times.seconds * 1e6,
            unit: "microseconds",
            comparison: (times.slowdown, "the time of SHA-256 over the same bytes"),
            bar: bar
        )
    }
}
