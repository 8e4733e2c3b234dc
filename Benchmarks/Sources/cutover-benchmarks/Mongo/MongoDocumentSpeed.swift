internal import MigrationCore
internal import MongoAdapter

/// Documents in MongoDB beside loops over the C API.
enum MongoDocumentSpeed {
    static let batchSize = 500
    /// How many are inserted in each turn.
    private static let count = 40_000
    /// How many are scanned, or copied, in each turn, which takes a second or more: shorter ones differ by a third.
    private static let longCount = 200_000
    private static let copies = "copies"

    /// Inserts in batches, into a collection that is not there before.
    static let inserting = Benchmark(measures: ["mongo-document-insert"]) { environment in
        let documents = DocumentFixture.documents(count)
        let bytes = RawMongo.bytes(of: documents)
        let raw = try RawMongo()
        let connection = try await MongoFixture.connection()
        let store = try await open(connection)
        let times = try await Alternation(rounds: environment.rounds) {
            try await renew(DocumentFixture.collection, raw, store)
            return try await Stopwatch.seconds {
                for start in stride(from: 0, to: count, by: batchSize) {
                    let batch = documents[start..<min(start + batchSize, count)]
                    let writes = batch.map { DocumentWrite.put($0.document, to: $0.key, condition: .insert) }
                    let outcomes = try await store.writeBatch(writes, order: .unordered)
                    guard outcomes.allSatisfy(\.isApplied) else { throw RawFailure("an insert was not applied") }
                }
            } / Double(count)
        } reference: {
            try await renew(DocumentFixture.collection, raw, store)
            return try Stopwatch.seconds {
                try raw.insert(bytes, into: DocumentFixture.collection.text, batchSize: batchSize)
            } / Double(count)
        }
        await connection.close()
        return [measure("mongo-document-insert", times, "the raw loop's rate", .atLeast(0.9))]
    }

    /// Reading a collection from its first document to its last, as copies and verifications read.
    static let scanning = Benchmark(measures: ["mongo-document-scan"]) { environment in
        let connection = try await MongoFixture.connection()
        let store = try await open(connection)
        let raw = try RawMongo()
        try MongoFixture.fill(count: longCount)
        let times = try await Alternation(rounds: environment.rounds) {
            try await Stopwatch.seconds {
                let reader = try store.reader(of: ScanRange(DocumentFixture.collection), after: nil)
                var seen = 0
                var isOver = false
                while !isOver {
                    let page = try await reader.next(pageSize: batchSize)
                    keep(page)
                    seen += page.documents.count
                    isOver = page.continuation == nil
                }
                guard seen == longCount else { throw RawFailure("the scan is not whole") }
            } / Double(longCount)
        } reference: {
            try Stopwatch.seconds {
                guard try raw.scan(DocumentFixture.collection.text, batchSize: batchSize) == longCount else {
                    throw RawFailure("the raw scan is not whole")
                }
            } / Double(longCount)
        }
        await connection.close()
        return [measure("mongo-document-scan", times, "the raw cursor's rate", .atLeast(0.8))]
    }

    /// Copying a collection into another database, by one worker and by two.
    static let copying = Benchmark(
        measures: ["mongo-document-copy", "mongo-document-copy-2-workers"]
    ) { environment in
        let connection = try await MongoFixture.connection()
        let source = try await open(connection)
        let target = try await MongoDocumentStore.open("target", on: connection, database: copies)
        try MongoFixture.fill(count: longCount)
        let raw = try RawMongo(copies)
        var measures: [Measure] = []
        for (name, workers) in [("mongo-document-copy", 1), ("mongo-document-copy-2-workers", 2)] {
            let copier = copier(from: source, to: target, workers: workers)
            let times = try await Alternation(rounds: environment.rounds) {
                try await renew(DocumentFixture.collection, raw, target)
                return try await Stopwatch.seconds {
                    let copy = try await copier.copy(DocumentFixture.collection)
                    guard copy.isComplete, copy.counts.written == longCount else { throw RawFailure(copy.description) }
                } / Double(longCount)
            } reference: {
                try await renew(DocumentFixture.collection, raw, target)
                return try Stopwatch.seconds {
                    let copied = try RawMongo.copy(
                        DocumentFixture.collection.text,
                        into: copies,
                        batchSize: batchSize,
                        workers: workers
                    )
                    guard copied == longCount else { throw RawFailure("the raw copy brought \(copied) documents") }
                } / Double(longCount)
            }
            let reference = "the raw loop's rate with as many workers"
            measures.append(measure(name, times, reference, .atLeast(0.8)))
        }
        await connection.close()
        return measures
    }

    static func copier(
        from source: MongoDocumentStore,
        to target: MongoDocumentStore,
        workers: Int
    ) -> DocumentCopier {
        let configuration = DocumentCopier.Configuration(maximumWorkers: workers, maximumPageDocuments: batchSize)
        return DocumentCopier(source: source, target: target, configuration: configuration)
    }

    static func open(_ connection: MongoConnection) async throws -> MongoDocumentStore {
        try await MongoDocumentStore.open("mails", on: connection, database: MongoFixture.database)
    }

    /// An empty collection in the place of the one before.
    static func renew(_ name: CollectionName, _ raw: RawMongo, _ store: MongoDocumentStore) async throws {
        try raw.drop(name.text)
        try await store.ensureCollection(CollectionDefinition(name))
    }

    private static func measure(_ name: String, _ times: Alternation, _ reference: String, _ bar: Bar) -> Measure {
        Measure.rate(name, times, "documents/s", of: reference, bar: bar)
    }
}
