import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

@testable import SQLiteAdapter

/// SQL answers what it can; the filter and the order on the documents themselves are the definition that it is held to.
@Suite("Filters and orders in SQL, against their definition", .timeLimit(.minutes(10)))
struct QueryTranslationTests {
    private static let folder = TemporaryFolder()

    @Test(
        "pages, orders and counts are those of the definition, whoever wrote the rows",
        arguments: 0..<30
    )
    func agrees(round: Int) async throws {
        let seed = ConformanceOptions.fromEnvironment.seed &+ UInt64(round)
        var samples = QuerySamples(seed: seed)
        let path = Self.folder.file("agrees-\(round).sqlite")
        let store = try await SQLiteDocumentStore.open("test", at: path)
        try await fill(store, path: path, &samples, foreignPercent: round.isMultiple(of: 3) ? 0 : 30)
        let stored = try await store.scanAll(ScanRange("orders"), pageSize: 50)
        try #require(stored.documents.count > 30 && stored.unreadable.isEmpty)
        let documents = stored.documents.map(\.document)
        var (hits, count) = (0, 0)
        // More of them where chance had few filters select anything.
        while count < 70 || (hits <= 14 && count < 210) {
            count += 1
            let filter = samples.filter(of: documents)
            let expected = stored.documents.filter { filter.matches($0.document) }
            hits += expected.isEmpty ? 0 : 1
            let query = DocumentQuery("orders", where: filter, limit: samples.random.chance(20) ? 5 : nil)
            let found = try await store.queryAll(query, pageSize: 1 + samples.random.below(40))
            #expect(found == expected.prefix(query.limit ?? .max).map(\.key), "seed \(seed), \(filter)")
            #expect(
                try await store.count("orders", partition: nil, where: filter) == expected.count,
                "seed \(seed), \(filter)"
            )

            let sorted = DocumentQuery("orders", where: filter, sort: samples.sort(), limit: query.limit)
            let order = try await store.queryAll(sorted, pageSize: 1 + samples.random.below(40))
            #expect(order == definition(sorted, of: expected), "seed \(seed), \(sorted)")
        }
        #expect(hits > 14, "nearly no filter selected anything")
        await store.close()
    }

    @Test("a row that does not parse ends a page, a count and an order as it does without SQL", arguments: 0..<10)
    func unreadable(round: Int) async throws {
        let seed = ConformanceOptions.fromEnvironment.seed &+ UInt64(round)
        var samples = QuerySamples(seed: seed)
        let path = Self.folder.file("unreadable-\(round).sqlite")
        let store = try await SQLiteDocumentStore.open("test", at: path)
        try await fill(store, path: path, &samples, foreignPercent: 20)
        let bodies = [
            "{", "[]", #"{"a":1,"a":2}"#, #"{"a":{"$oid":"no"}}"#, #"{"a":"\ud800"}"#, "", "nonsense",
            #"{"b":{"$numberInt":"x"}}"#,
        ]
        try Shell(path: path).run(
            """
            INSERT OR REPLACE INTO documents (collection, id, body) VALUES
                ('orders', 'k20', \(quoted(bodies[round % bodies.count]))), ('orders', '={', '{}')
            """
        )
        var items: [StoredDocument?] = []
        var continuation: Continuation?
        repeat {
            let page = try await store.scan(ScanRange("orders"), after: continuation, pageSize: 1)
            items += page.documents + page.unreadable.map { _ in nil }
            continuation = page.continuation
        } while continuation != nil
        #expect(items.count { $0 == nil } == 2)
        let documents = items.compactMap { $0?.document }
        for _ in 0..<60 {
            let filter = samples.filter(of: documents)
            let pageSize = 1 + samples.random.below(20)
            let query = DocumentQuery("orders", where: filter)
            var expected: [DocumentKey]? = []
            for item in items where (expected?.count ?? pageSize) < pageSize {
                guard let item else {
                    expected = nil
                    break
                }
                if filter.matches(item.document) { expected?.append(item.key) }
            }
            do {
                let page = try await store.query(query, after: nil, pageSize: pageSize)
                #expect(page.documents.map(\.key) == expected, "seed \(seed), \(filter)")
            } catch {
                #expect(error.code == .corrupt && expected == nil, "seed \(seed), \(filter): \(error)")
            }
            if filter != .all {
                await expect(.corrupt) { _ = try await store.count("orders", partition: nil, where: filter) }
            }
            await expect(.corrupt) {
                let sorted = DocumentQuery("orders", where: filter, sort: samples.sort())
                _ = try await store.query(sorted, after: nil, pageSize: 5)
            }
        }
        await store.close()
    }

    // MARK: Rows

    /// Writes documents through the store, and rows as another program would.
    private func fill(
        _ store: SQLiteDocumentStore,
        path: String,
        _ samples: inout QuerySamples,
        foreignPercent: Int
    ) async throws {
        var statements: [String] = []
        for number in 0..<60 {
            let document = samples.document()
            let id = "k\(number + 10)"
            let isForeign = samples.random.chance(foreignPercent)
            guard isForeign else {
                // Some documents have no exact text; the store refuses them.
                _ = try? await store.write(document, to: .order(id))
                continue
            }
            _ = try? await store.write(samples.document(), to: .order(id))
            let text = [document.json(.canonical), document.json(.relaxed)][samples.random.below(2)]
            guard (try? Document(json: text)) != nil else { continue }
            let body = quoted(samples.random.chance(50) ? text : spaced(text))
            let key = "collection = 'orders' AND id = '\(id)'"
            statements.append(
                [
                    "INSERT OR REPLACE INTO documents (collection, id, body) VALUES ('orders', '\(id)', \(body))",
                    "UPDATE documents SET body = \(body) WHERE \(key)",
                    "UPDATE documents SET body = \(body), etag = 'another program''s' WHERE \(key)",
                    "UPDATE documents SET body = json_set(body, '$.a', 1) WHERE \(key)",
                    "UPDATE documents SET body = json_set(body, '$.a', 1), etag = 'x' WHERE \(key)",
                ][samples.random.below(5)]
            )
        }
        for statement in statements { try Shell(path: path).run(statement) }
    }

    /// The same text with white space where JSON allows it outside of strings.
    private func spaced(_ text: String) -> String {
        var result = ""
        var isInString = false
        var isEscaped = false
        for character in text.unicodeScalars {
            if isInString {
                if character == "\"", !isEscaped { isInString = false }
                isEscaped = character == "\\" && !isEscaped
                result.unicodeScalars.append(character)
            } else {
                if character == "\"" { isInString = true }
                result += ",:{}[]".unicodeScalars.contains(character) ? " \(character)\n" : "\(character)"
            }
        }
        return result
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// What the definition of orders makes of documents that are given in the order of their places.
    private func definition(_ query: DocumentQuery, of documents: [StoredDocument]) -> [DocumentKey] {
        let ordered = documents.enumerated().sorted { a, b in
            for field in query.sort {
                let order = ValueOrder.compare(
                    a.element.document[path: field.path],
                    b.element.document[path: field.path]
                )
                if order != .equal { return (order == .less) == (field.direction == .ascending) }
            }
            return a.offset < b.offset
        }
        return ordered.prefix(query.limit ?? .max).map(\.element.key)
    }
}

extension DocumentStore {
    /// The keys of all pages of a query.
    func queryAll(_ query: DocumentQuery, pageSize: Int) async throws(StoreError) -> [DocumentKey] {
        var keys: [DocumentKey] = []
        var continuation: Continuation?
        repeat {
            let page = try await self.query(query, after: continuation, pageSize: pageSize)
            keys += page.documents.map(\.key)
            continuation = page.continuation
        } while continuation != nil
        return keys
    }
}
