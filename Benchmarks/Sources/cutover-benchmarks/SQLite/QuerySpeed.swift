internal import MigrationCore
internal import SQLiteAdapter

/// Filters, counts and orders that SQLite answers, beside the same over all documents, read and looked at one by one.
enum QuerySpeed {
    private static let count = 20_000

    static let benchmark = Benchmark(
        measures: ["sqlite-query-filter", "sqlite-query-count", "sqlite-query-sort"]
    ) { environment in
        let path = try environment.folder("query") + "/mails.sqlite"
        let store = try await SQLiteDocumentStore.open("mails", at: path, configuration: .init(.normal))
        let documents = DocumentFixture.documents(count)
        for start in stride(from: 0, to: count, by: 500) {
            let batch = documents[start..<min(start + 500, count)]
            _ = try await store.writeBatch(batch.map { .put($0.document, to: $0.key) })
        }
        // One mail in forty.
        let filter = Filter.and([.equal("read", true), .contains("labels", "label-7")])
        let selects: @Sendable (Document) -> Bool = { document in
            guard document["read"] == .bool(true), case .array(let labels) = document["labels"] else { return false }
            return labels.contains(.string("label-7"))
        }
        let expected = documents.count { selects($0.document) }

        let filtering = try await Alternation(rounds: environment.rounds) {
            try await seconds(expected) { try await matches(filter, in: store) }
        } reference: {
            try await seconds(expected) { try await scan(store).count(where: selects) }
        }
        let counting = try await Alternation(rounds: environment.rounds) {
            try await seconds(expected) {
                try await store.count(DocumentFixture.collection, partition: nil, where: filter)
            }
        } reference: {
            try await seconds(expected) { try await scan(store).count(where: selects) }
        }
        let sorting = try await Alternation(rounds: environment.rounds) {
            try await seconds(100) {
                let query = DocumentQuery(
                    DocumentFixture.collection,
                    sort: [.descending("size"), .ascending("subject")]
                )
                return try await store.query(query, after: nil, pageSize: 100).documents.count
            }
        } reference: {
            try await seconds(100) { try await largest(scan(store)) }
        }
        await store.close()
        return [
            measure("sqlite-query-filter", filtering), measure("sqlite-query-count", counting),
            measure("sqlite-query-sort", sorting),
        ]
    }

    private static func measure(_ name: String, _ times: Alternation) -> Measure {
        Measure.rate(name, times, "documents/s", of: "reading all documents and looking at each")
    }

    /// The seconds for each document of the collection.
    private static func seconds(_ expected: Int, _ body: () async throws -> Int) async throws -> Double {
        try await Stopwatch.seconds {
            guard try await body() == expected else {
                throw RawFailure("a query has another answer than the documents")
            }
        } / Double(count)
    }

    private static func matches(_ filter: Filter, in store: SQLiteDocumentStore) async throws -> Int {
        let query = DocumentQuery(DocumentFixture.collection, where: filter)
        var count = 0
        var continuation: Continuation?
        repeat {
            let page = try await store.query(query, after: continuation, pageSize: 1_000)
            count += page.documents.count
            continuation = page.continuation
        } while continuation != nil
        return count
    }

    /// All documents, read page by page.
    private static func scan(_ store: SQLiteDocumentStore) async throws -> [Document] {
        var documents: [Document] = []
        var continuation: Continuation?
        repeat {
            let page = try await store.scan(ScanRange(DocumentFixture.collection), after: continuation, pageSize: 1_000)
            documents += page.documents.map(\.document)
            continuation = page.continuation
        } while continuation != nil
        return documents
    }

    /// The first hundred in the order of the query, by the sort keys alone.
    private static func largest(_ documents: [Document]) -> Int {
        let keys = documents.map { document -> (size: Int32, subject: String) in
            guard case .int32(let size) = document["size"], case .string(let subject) = document["subject"] else {
                return (0, "")
            }
            return (size, subject)
        }
        return keys.sorted { ($1.size, $0.subject) < ($0.size, $1.subject) }.prefix(100).count
    }
}
