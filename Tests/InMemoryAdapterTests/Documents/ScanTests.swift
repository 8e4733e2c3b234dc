import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Scans and queries in memory")
struct ScanTests {
    let store = InMemoryDocumentStore()

    func seed(_ numbers: some Sequence<Int>) throws {
        for number in numbers { try store.seed(["n": .int64(Int64(number))], at: key(number)) }
    }

    /// All pages of a range.
    func scan(_ range: ScanRange, pageSize: Int) async throws -> [String] {
        var ids: [String] = []
        var continuation: Continuation?
        repeat {
            let page = try await store.scan(range, after: continuation, pageSize: pageSize)
            #expect(page.documents.count <= pageSize)
            ids += page.documents.map(\.key.id.text)
            continuation = page.continuation
        } while continuation != nil
        return ids
    }

    @Test("documents come in the order of their arrival; a replaced one keeps its place", arguments: [1, 2, 3, 4])
    func order(pageSize: Int) async throws {
        try seed([3, 1, 2, 1])
        #expect(try await scan(ScanRange("c"), pageSize: pageSize) == ["3", "1", "2"])
        _ = try await store.delete(key(3))
        try seed([3])
        #expect(try await scan(ScanRange("c"), pageSize: pageSize) == ["1", "2", "3"])
    }

    @Test("the last page says that it is the last, also when only deleted documents follow")
    func end() async throws {
        try seed(1...4)
        _ = try await store.delete(key(4))
        let page = try await store.scan(ScanRange("c"), after: nil, pageSize: 3)
        #expect(page.documents.count == 3)
        #expect(page.continuation == nil)
    }

    @Test("a scan goes on at its place while the collection is emptied and filled around it")
    func compaction() async throws {
        try seed(0..<1000)
        let first = try await store.scan(ScanRange("c"), after: nil, pageSize: 500)
        for number in 0..<900 { _ = try await store.delete(key(number)) }
        try seed(2000..<3000)
        var rest: [String] = []
        var continuation = first.continuation
        while continuation != nil {
            let page = try await store.scan(ScanRange("c"), after: continuation, pageSize: 7)
            rest += page.documents.map(\.key.id.text)
            continuation = page.continuation
        }
        let expected = [900..<1000, 2000..<3000].flatMap { $0.map { "\($0)" } }
        #expect(rest == expected)
        #expect(store.documentCount(in: "c") == 1100)
    }

    @Test("ranges cover everything once, and a document that comes later too", arguments: [1, 2, 3, 7, 100])
    func ranges(maximumCount: Int) async throws {
        try seed(0..<20)
        let ranges = try await store.scanRanges(of: "c", maximumCount: maximumCount)
        #expect(ranges.count == min(20, maximumCount))
        try seed(20..<25)
        var all: [String] = []
        for range in ranges { all += try await scan(range, pageSize: 3) }
        #expect(all == (0..<25).map(String.init))
    }

    @Test("a continuation of another range, query or store is refused")
    func foreignContinuations() async throws {
        try seed(0..<10)
        let scan = try #require(try await store.scan(ScanRange("c"), after: nil, pageSize: 2).continuation)
        let other = InMemoryDocumentStore()
        await expect(.invalidContinuation) { _ = try await other.scan(ScanRange("c"), after: scan, pageSize: 2) }
        await expect(.invalidContinuation) { _ = try await store.scan(ScanRange("d"), after: scan, pageSize: 2) }
        let query = DocumentQuery("c")
        let page = try #require(try await store.query(query, after: nil, pageSize: 2).continuation)
        await expect(.invalidContinuation) { _ = try await other.query(query, after: page, pageSize: 2) }
        await expect(.invalidArgument) {
            _ = try await store.scan(ScanRange("c", lowerBound: "x", upperBound: nil), after: nil, pageSize: 2)
        }
    }

    @Test("queries with and without a sort give the same documents, page by page", arguments: [1, 3, 4, 50])
    func queries(pageSize: Int) async throws {
        try seed((0..<10).reversed())
        let orders: [([SortField], [Int64])] = [([], [9, 8, 7, 6, 5]), ([.ascending("n")], [5, 6, 7, 8, 9])]
        for (sort, expected) in orders {
            let query = DocumentQuery("c", where: .greater("n", 4), sort: sort, limit: 5)
            var found: [Int64] = []
            var continuation: Continuation?
            repeat {
                let page = try await store.query(query, after: continuation, pageSize: pageSize)
                for case .int64(let number)? in page.documents.map({ $0.document["n"] }) { found.append(number) }
                continuation = page.continuation
            } while continuation != nil
            #expect(found == expected)
        }
        #expect(try await store.count("c", partition: nil, where: .greater("n", 4)) == 5)
    }

    @Test("a limit of zero selects nothing")
    func nothing() async throws {
        try seed(0..<2)
        for sort in [[], [SortField.ascending("n")]] {
            let page = try await store.query(DocumentQuery("c", sort: sort, limit: 0), after: nil, pageSize: 2)
            #expect(page.documents == [])
            #expect(page.continuation == nil)
        }
    }
}
