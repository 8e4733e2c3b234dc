import MigrationCore
import Testing

@Suite("A sorted page")
struct SortedPageTests {
    private static func stored(_ number: Int, _ body: Document) -> StoredDocument {
        StoredDocument(
            key: DocumentKey(collection: "c", partition: .unpartitioned, id: DocumentID(stringLiteral: "id\(number)")),
            document: body,
            etag: ETag("\(number)")
        )
    }

    /// All pages of a query, the documents offered in an order that differs from page to page.
    private func pages(_ query: DocumentQuery, of documents: [StoredDocument], size: Int) throws -> [[StoredDocument]] {
        var pages: [[StoredDocument]] = []
        var continuation: Continuation?
        repeat {
            let cursor = try QueryCursor(query, after: continuation)
            var page = try SortedPage(query, cursor: cursor, size: size)
            for document in pages.count.isMultiple(of: 2) ? documents : documents.reversed() { page.offer(document) }
            let (found, next) = page.finish(query, cursor: cursor)
            pages.append(found)
            continuation = next?.continuation
        } while continuation != nil
        return pages
    }

    @Test("pages of every size together are the whole order, ties broken by key", arguments: [1, 2, 3, 7, 8, 9, 100])
    func sizes(size: Int) throws {
        let bodies: [Document] = [["n": 2], ["n": 1], [:], ["n": nil], ["n": "a"], ["n": 2.0], ["n": true], ["n": [1]]]
        let documents = bodies.enumerated().map { Self.stored($0.offset, $0.element) }
        let query = DocumentQuery("c", sort: [.ascending("n")])
        let ids = try pages(query, of: documents, size: size).flatMap { $0 }.map(\.key.id.text)
        #expect(ids == ["id2", "id3", "id6", "id1", "id0", "id5", "id4", "id7"])
        let descending = DocumentQuery("c", sort: [.descending("n")])
        let reversed = try pages(descending, of: documents, size: size).flatMap { $0 }.map(\.key.id.text)
        #expect(reversed == ["id7", "id4", "id0", "id5", "id1", "id6", "id3", "id2"])
    }

    @Test("the limit holds over all pages", arguments: [(0, 0), (1, 1), (3, 3), (4, 4), (5, 5), (9, 5)])
    func limit(limit: Int, count: Int) throws {
        let documents = (0..<5).map { Self.stored($0, ["n": .int32(Int32($0))]) }
        let query = DocumentQuery("c", sort: [.ascending("n")], limit: limit)
        #expect(try pages(query, of: documents, size: 2).flatMap { $0 }.count == count)
    }
}

@Suite("A continuation")
struct ContinuationTests {
    private static let query = DocumentQuery("c", where: .equal("a.b", 1), sort: [.ascending("n")], limit: 10)

    @Test("comes back with every kind of sort value")
    func roundTrip() throws {
        var cursor = try QueryCursor(Self.query, after: nil)
        cursor.returned = 4
        cursor.position = .sorted(values: [nil, .null, .int64(1), .double(.nan)], partition: "[]", id: "=7")
        let restored = try QueryCursor(Self.query, after: cursor.continuation)
        #expect(restored.returned == 4)
        guard case .sorted(let values, let partition, let id) = restored.position else {
            Issue.record("the position is lost")
            return
        }
        #expect(values.count == 4 && values[0] == nil && values[1] == .null && values[2] == .int64(1))
        #expect(partition == "[]" && id == "=7")
    }

    @Test("of another query is refused, however small the difference")
    func otherQuery() throws {
        var cursor = try QueryCursor(Self.query, after: nil)
        cursor.position = .stored("5")
        let continuation = cursor.continuation
        let others: [(inout DocumentQuery) -> Void] = [
            { $0.collection = "d" }, { $0.partition = PartitionKey.unpartitioned }, { $0.filter = .equal("a.b", 2) },
            { $0.limit = 11 },
            { $0.filter = .equal(FieldPath(components: ["a.b"]), 1) }, { $0.sort = [.descending("n")] },
            { $0.sort = [] },
        ]
        for change in others {
            var other = Self.query
            change(&other)
            let error = #expect(throws: StoreError.self) { try QueryCursor(other, after: continuation) }
            #expect(error?.code == .invalidContinuation)
        }
        _ = try QueryCursor(Self.query, after: continuation)
    }

    @Test(
        "that is damaged is refused",
        arguments: ["", "x", "{}", "{\"v\":1}", "{\"v\":2,\"q\":\"\",\"n\":0,\"at\":\"\"}"]
    )
    func damaged(text: String) {
        let query = #expect(throws: StoreError.self) { try QueryCursor(Self.query, after: Continuation(text: text)) }
        #expect(query?.code == .invalidContinuation)
        let scan = #expect(throws: StoreError.self) { try ScanCursor(ScanRange("c"), after: Continuation(text: text)) }
        #expect(scan?.code == .invalidContinuation)
    }

    @Test("of another range is refused")
    func otherRange() throws {
        let range = ScanRange("c", lowerBound: "a", upperBound: nil)
        let continuation = try ScanCursor(range, after: nil).continuation(at: "k")
        #expect(try ScanCursor(range, after: continuation).position == "k")
        for other in [
            ScanRange("c"), ScanRange("d", lowerBound: "a", upperBound: nil),
            ScanRange("c", lowerBound: "a", upperBound: "b"),
        ] {
            let error = #expect(throws: StoreError.self) { try ScanCursor(other, after: continuation) }
            #expect(error?.code == .invalidContinuation)
        }
    }

    @Test("a negative limit is refused before anything is read")
    func negativeLimit() {
        let error = #expect(throws: StoreError.self) { try QueryCursor(DocumentQuery("c", limit: -1), after: nil) }
        #expect(error?.code == .invalidArgument)
    }
}

@Suite("Document rules")
struct DocumentRulesTests {
    private static let key = DocumentKey(collection: "c", partition: .unpartitioned, id: "k")
    private static let limits = DocumentStoreCapabilities(
        maximumDocumentBytes: 100,
        maximumIDBytes: 8,
        acceptsTypedIDs: false,
        maximumTransactionWrites: 2,
        durability: .process
    )

    @Test("name what is wrong with a write")
    func writes() {
        let long: Document = ["t": .string(String(repeating: "x", count: 100))]
        let cases: [(DocumentWrite, StoreError.Code)] = [
            (.put(long, to: Self.key), .documentTooLarge),
            (.put(["_id": "other"], to: Self.key), .invalidDocument),
            (.put([:], to: DocumentKey(collection: "c", partition: .unpartitioned, id: "123456789")), .keyTooLong),
            (.put([:], to: DocumentKey(collection: "c", partition: .unpartitioned, id: 7)), .unsupported),
            (.patch(Self.key, []), .invalidArgument),
            (.put([:], to: Self.key, lifetime: .until(WallTime(millisecondsSinceEpoch: 0))), .unsupported),
        ]
        for (write, code) in cases {
            let error = #expect(throws: StoreError.self) { try DocumentRules.check(write, capabilities: Self.limits) }
            #expect(error?.code == code)
        }
        #expect(throws: Never.self) {
            try DocumentRules.check(.put(["_id": "k"], to: Self.key), capabilities: Self.limits)
        }
    }

    @Test("name what is wrong with a transaction")
    func transactions() {
        let elsewhere = DocumentKey(collection: "d", partition: .unpartitioned, id: "k")
        let cases: [([DocumentWrite], StoreError.Code)] = [
            ([], .emptyBatch), ([.delete(Self.key), .delete(elsewhere)], .invalidArgument),
            ([.delete(Self.key), .delete(Self.key), .delete(Self.key)], .unsupported),
        ]
        for (writes, code) in cases {
            let error = #expect(throws: StoreError.self) {
                try DocumentRules.check(transaction: writes, capabilities: Self.limits)
            }
            #expect(error?.code == code)
        }
    }
}
