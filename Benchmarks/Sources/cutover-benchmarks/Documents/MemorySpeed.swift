internal import InMemoryAdapter
internal import MigrationCore

/// What a call of the in-memory document store costs: test suites use it as their store.
enum MemorySpeed {
    /// Reads and writes of 1 KB documents, one at a time. Nothing here waits, so the processor's time is what a call costs,
    /// whatever else the machine does.
    static let benchmark = Benchmark(measures: ["memory-document-read", "memory-document-write"]) { environment in
        let store = InMemoryDocumentStore()
        let documents = DocumentFixture.documents(1_000)
        try await store.ensureCollection(CollectionDefinition(DocumentFixture.collection))
        for (key, document) in documents { _ = try await store.write(document, to: key) }
        var random = SeededRandom(seed: 0x6D65_6D6F)
        let items = (0..<50_000).map { _ in documents.randomElement(using: &random)! }
        let keys = items.map(\.key)
        let bodies = items.map(\.document)
        var reads: [Double] = []
        var writes: [Double] = []
        for _ in 0..<environment.rounds {
            reads.append(
                try await Stopwatch.processorSeconds {
                    for key in keys { keep(try await store.read(key)) }
                } / Double(keys.count)
            )
            writes.append(
                try await Stopwatch.processorSeconds {
                    for index in keys.indices { keep(try await store.write(bodies[index], to: keys[index])) }
                } / Double(keys.count)
            )
        }
        return [
            Measure(name: "memory-document-read", value: reads.median * 1e6, unit: "microseconds", bar: .atMost(1)),
            Measure(name: "memory-document-write", value: writes.median * 1e6, unit: "microseconds", bar: .atMost(3)),
        ]
    }
}
