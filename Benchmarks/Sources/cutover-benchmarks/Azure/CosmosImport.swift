internal import CosmosAdapter
internal import Foundation
internal import MigrationCore

/// A bulk import into Cosmos DB beside the official Python client that upserts one document at a time.
///
/// Their part is `Benchmarks/Python/cosmos_upserts.py`, run by the interpreter that `CUTOVER_EMULATOR_PYTHON` names, on the same
/// documents.
enum CosmosImport {
    private static let count = 100_000
    /// One at a time takes so long that a part of them has to tell.
    private static let singleCount = 1_500
    private static let batchSize = 1_000
    private static let workers = 2
    static let database = "benchmarks"
    /// The collection, whose partition key spreads the documents over all ranges.
    static let collection = CollectionDefinition(DocumentFixture.collection, partitionPaths: ["conversation"])

    static let benchmark = Benchmark(measures: ["azure-cosmos-import"]) { environment in
        let documents = documents(count)
        let lines = "\(try environment.folder("azure-cosmos"))/documents.ndjson"
        try write(documents[..<singleCount].map(\.document), to: lines)
        let emulator = try AzureEmulator()
        defer { emulator.end() }
        let endpoint = try emulator.endpoint(of: "cosmos")
        let times = try await Alternation(rounds: environment.rounds) {
            try emulator.control("POST", "reset")
            let store = try await store(on: emulator)
            try await store.ensureCollection(collection)
            let seconds = try await Stopwatch.seconds { try await upsert(documents, into: store) }
            await store.close()
            return seconds / Double(count)
        } reference: {
            try emulator.control("POST", "reset")
            let python = PythonProgram(script: "cosmos_upserts.py", interpreterIn: "CUTOVER_EMULATOR_PYTHON")
            let theirs: Result = try python.run([endpoint, AzureEmulator.cosmosKey, database, "single", lines])
            return 1 / theirs.perSecond
        }
        return [
            Measure.rate(
                "azure-cosmos-import",
                times,
                "documents/s",
                of: "azure-cosmos's rate, one document at a time",
                bar: .atLeast(10)
            )
        ]
    }

    /// What the Python program prints.
    private struct Result: Decodable {
        let perSecond: Double
    }

    /// Mail messages of 5,000 conversations.
    static func documents(_ count: Int) -> [(key: DocumentKey, document: Document)] {
        DocumentFixture.documents(count).enumerated().map { number, item in
            let conversation = "conversation-\(number % 5_000)"
            var document = item.document
            document["conversation"] = .string(conversation)
            let partition = PartitionKey(.string(conversation))
            return (DocumentKey(collection: item.key.collection, partition: partition, id: item.key.id), document)
        }
    }

    /// Opens a store as an application does.
    static func store(
        on emulator: AzureEmulator,
        _ change: (inout CosmosConfiguration) -> Void = { _ in }
    ) async throws -> CosmosDocumentStore {
        var configuration = try CosmosConfiguration(connectionString: try emulator.cosmos(), database: database)
        configuration.createsDatabase = true
        change(&configuration)
        return try await CosmosDocumentStore.connect(id: "imports", configuration)
    }

    /// Writes all documents in batches, as an import with two workers does.
    static func upsert(
        _ documents: [(key: DocumentKey, document: Document)],
        into store: CosmosDocumentStore
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    for start in stride(from: worker * batchSize, to: documents.count, by: workers * batchSize) {
                        let batch = documents[start..<min(start + batchSize, documents.count)]
                        let writes = batch.map { DocumentWrite.put($0.document, to: $0.key) }
                        let outcomes = try await store.writeBatch(writes, order: .unordered)
                        guard outcomes.allSatisfy(\.isApplied) else { throw RawFailure("a document was not applied") }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func write(_ documents: [Document], to path: String) throws {
        var text: [UInt8] = []
        for document in documents {
            text += document.jsonBytes(.relaxed)
            text.append(UInt8(ascii: "\n"))
        }
        try Data(text).write(to: URL(fileURLWithPath: path))
    }
}
