internal import MigrationCore
internal import SQLiteAdapter

/// Documents in SQLite beside loops over the C API.
enum DocumentSpeed {
    private static let batchSize = 500

    // MARK: Upserts

    /// Upserts in batches: the first half of a run inserts, the second half replaces.
    static let upserting = Benchmark(
        measures: ["sqlite-document-upsert", "sqlite-document-upsert-normal"]
    ) { environment in
        let folder = try environment.folder("document-upsert")
        return [
            try await upsert("sqlite-document-upsert", .full, .atLeast(0.5), folder, environment),
            try await upsert("sqlite-document-upsert-normal", .normal, nil, folder, environment),
        ]
    }

    private static func upsert(
        _ name: String,
        _ durability: SQLiteDatabase.Durability,
        _ bar: Bar?,
        _ folder: String,
        _ environment: Environment
    ) async throws -> Measure {
        let documents = DocumentFixture.documents(5_000)
        let rows = DocumentFixture.rows(documents)
        let times = try await Alternation(rounds: environment.rounds) {
            let path = try await file(in: folder, "ours")
            let store = try await SQLiteDocumentStore.open("mails", at: path, configuration: .init(durability))
            let seconds = try await Stopwatch.seconds {
                for _ in 0..<2 { try await write(documents, to: store) }
            }
            await store.close()
            return seconds / Double(2 * documents.count)
        } reference: {
            let raw = try RawDocuments(try await file(in: folder, "raw"), durability: durability.pragma)
            return try Stopwatch.seconds {
                for _ in 0..<2 { try raw.upsert(rows, batchSize: batchSize) }
            } / Double(2 * documents.count)
        }
        return Measure.rate(name, times, "documents/s", of: "the raw loop's rate", bar: bar)
    }

    private static func write(
        _ documents: [(key: DocumentKey, document: Document)],
        to store: SQLiteDocumentStore
    ) async throws {
        for start in stride(from: 0, to: documents.count, by: batchSize) {
            let batch = documents[start..<min(start + batchSize, documents.count)]
            let outcomes = try await store.writeBatch(batch.map { .put($0.document, to: $0.key) })
            guard outcomes.allSatisfy(\.isApplied) else { throw RawFailure("an upsert was not applied") }
        }
    }

    /// A fresh file with the adapter's schema, in the place of the one before.
    private static func file(in folder: String, _ name: String) async throws -> String {
        let path = "\(folder)/\(name).sqlite"
        Environment.removeDatabase(path)
        let store = try await SQLiteDocumentStore.open("mails", at: path)
        try await store.ensureCollection(CollectionDefinition(DocumentFixture.collection))
        await store.close()
        return path
    }

    // MARK: Point reads

    /// Reads of single documents by key, in random order.
    static let reading = Benchmark(measures: ["sqlite-document-read"]) { environment in
        let path = try await file(in: try environment.folder("document-read"), "mails")
        let documents = DocumentFixture.documents(20_000)
        let filling = try await SQLiteDocumentStore.open("mails", at: path, configuration: .init(.normal))
        try await write(documents, to: filling)
        await filling.close()

        let store = try await SQLiteDocumentStore.open("mails", at: path)
        let raw = try RawDocuments(path)
        var random = SeededRandom(seed: 0x7265_6164)
        let keys = (0..<20_000).map { _ in documents.randomElement(using: &random)!.key }
        let ids = keys.map { Array($0.id.text.utf8) }
        let times = try await Alternation(rounds: environment.rounds) {
            try await Stopwatch.seconds {
                for key in keys {
                    guard let document = try await store.read(key) else { throw RawFailure("a document is missing") }
                    keep(document)
                }
            } / Double(keys.count)
        } reference: {
            try Stopwatch.seconds { keep(try raw.read(ids)) } / Double(keys.count)
        }
        await store.close()
        return [
            Measure.rate("sqlite-document-read", times, "documents/s", of: "the raw loop's rate", bar: .atLeast(0.4))
        ]
    }
}
