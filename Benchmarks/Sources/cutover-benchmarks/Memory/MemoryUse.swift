internal import MigrationCore
internal import MongoAdapter
internal import SQLiteAdapter

/// The most memory that copying and verifying takes, for two sizes of data: it must not grow with them.
enum MemoryUse {
    /// Events of one tenant.
    static let events = files("events")
    /// Documents of one collection.
    static let documents = files("documents")
    /// Documents of one collection in MongoDB, which goes into another database.
    static let mongoDocuments = benchmark("mongo-documents", from: (200_000, "200k"), bar: nil) { count, environment in
        try MongoFixture.fill(count: count)
        return try ChildJob.run("copy-mongo-documents", [], in: try environment.folder("peak-memory-mongo-documents"))
    }

    /// Records in files, filled and copied by processes of their own.
    private static func files(_ what: String) -> Benchmark {
        benchmark(what, from: (100_000, "100k"), bar: .atMost(200)) { count, environment in
            let folder = try environment.folder("peak-memory-\(what)")
            let files = ["\(folder)/source.sqlite", "\(folder)/target.sqlite"]
            defer { for file in files { Environment.removeDatabase(file) } }
            try ChildJob.run("fill-\(what)", [files[0], "\(count)"], in: folder)
            return try ChildJob.run("copy-\(what)", files, in: folder)
        }
    }

    /// The most bytes that one process holds that copies and verifies few records, and a million.
    private static func benchmark(
        _ what: String,
        from small: (count: Int, name: String),
        bar: Bar?,
        _ peak: @escaping @Sendable (Int, Environment) throws -> Double
    ) -> Benchmark {
        let names = ["peak-memory-\(what)-\(small.name)", "peak-memory-\(what)-1m", "peak-memory-\(what)-growth"]
        return Benchmark(measures: names) { environment in
            let less = try peak(small.count, environment)
            let more = try peak(1_000_000, environment)
            return [
                Measure(name: names[0], value: less / 1e6, unit: "MB"),
                Measure(name: names[1], value: more / 1e6, unit: "MB", bar: bar),
                Measure(
                    name: names[2],
                    value: (more - less) / 1e6,
                    unit: "MB",
                    comparison: (more / less, "the memory for \(small.count) \(what)"),
                    bar: .atMost(1.2)
                ),
            ]
        }
    }

    // MARK: What the child processes do

    static let jobs: [String: @Sendable ([String]) async throws -> Void] = [
        "fill-events": { try await EventFixture.makeLog($0[0], count: Int($0[1])!) },
        "copy-events": { try await copyEvents(from: $0[0], to: $0[1]) },
        "fill-documents": { try await fillDocuments($0[0], count: Int($0[1])!) },
        "copy-documents": { try await copyDocuments(from: $0[0], to: $0[1]) },
        "copy-mongo-documents": { _ in try await copyMongoDocuments() },
    ]

    private static func copyEvents(from source: String, to target: String) async throws {
        let source = try await SQLiteEventStore.open("source", at: source, configuration: .init(.normal))
        let target = try await SQLiteEventStore.open("target", at: target, configuration: .init(.normal))
        try await EventCopier(source: source, target: target).copy(tenant: EventFixture.tenant)
        let report = try await ConsistencyVerifier().verifyEvents(
            of: EventFixture.tenant,
            source: source,
            target: target
        )
        guard report.isConsistent else { throw RawFailure(report.description) }
        await source.close()
        await target.close()
    }

    private static func fillDocuments(_ path: String, count: Int) async throws {
        let store = try await SQLiteDocumentStore.open("source", at: path, configuration: .init(.normal))
        try await store.ensureCollection(CollectionDefinition(DocumentFixture.collection))
        var random = SeededRandom(seed: 0x646F_6373)
        for start in stride(from: 0, to: count, by: 1_000) {
            let writes = (start..<min(start + 1_000, count)).map { number in
                let id = "order-\(number)"
                let document: Document = [
                    "_id": .string(id), "total": .double(Double(random.next() % 100_000) / 100), "currency": "EUR",
                    "customer": .string("customer-\(random.next() % 50_000)"), "placedAt": .int64(Int64(number)),
                    "note": .string("Leave it with the neighbours, second door on the left. \(random.next())"),
                ]
                return DocumentWrite.put(
                    document,
                    to: DocumentKey(collection: DocumentFixture.collection, id: DocumentID(id))
                )
            }
            _ = try await store.writeBatch(writes)
        }
        await store.close()
    }

    private static func copyDocuments(from source: String, to target: String) async throws {
        let source = try await SQLiteDocumentStore.open("source", at: source, configuration: .init(.normal))
        let target = try await SQLiteDocumentStore.open("target", at: target, configuration: .init(.normal))
        try await copyDocuments(from: source, to: target)
        await source.close()
        await target.close()
    }

    private static func copyMongoDocuments() async throws {
        let connection = try await MongoFixture.connection()
        let source = try await MongoDocumentSpeed.open(connection)
        let target = try await MongoDocumentStore.open("target", on: connection, database: "memory")
        try RawMongo("memory").drop(DocumentFixture.collection.text)
        try await copyDocuments(from: source, to: target)
        await connection.close()
    }

    private static func copyDocuments(from source: any DocumentStore, to target: any DocumentStore) async throws {
        let copy = try await DocumentCopier(source: source, target: target).copy(DocumentFixture.collection)
        guard copy.isComplete, copy.counts.failed == 0 else { throw RawFailure(copy.description) }
        let report = try await ConsistencyVerifier().verifyDocuments(
            in: DocumentFixture.collection,
            source: source,
            target: target
        )
        guard report.isConsistent else { throw RawFailure(report.description) }
    }
}
