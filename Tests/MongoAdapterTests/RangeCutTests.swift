import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("How a collection of MongoDB is cut into ranges", .timeLimit(.minutes(5)), .needsMongod, .mongod)
struct RangeCutTests {
    /// Fills a collection with documents under consecutive numbers.
    private func fill(
        _ collection: String,
        of database: String,
        count: Int32,
        on connection: MongoConnection
    ) async throws {
        try await connection.lanes.run { (client) throws(StoreError) in
            for start in stride(from: 0, to: count, by: 10_000) {
                let documents = (start..<min(start + 10_000, count)).map { Value.document(["_id": .int32($0)]) }
                _ = try client.command(
                    ["insert": .string(collection), "documents": .array(documents)],
                    on: database,
                    .write
                )
            }
        }
    }

    /// The numbers in the parts between bounds, in order of the parts.
    private func numbers(_ bounds: [DocumentPlace], of store: MongoDocumentStore) async throws -> [[Int32]] {
        let texts = bounds.map { Optional($0.text) }
        var parts: [[Int32]] = []
        for (lower, upper) in zip([nil] + texts, texts + [nil]) {
            var part: [Int32] = []
            var place: Continuation?
            repeat {
                let range = ScanRange("things", lowerBound: lower, upperBound: upper)
                let page = try await store.scan(range, after: place, pageSize: 10_000)
                for document in page.documents {
                    guard case .int32(let number) = document.key.id.value else { continue }
                    part.append(number)
                }
                place = page.continuation
            } while place != nil
            parts.append(part)
        }
        return parts
    }

    /// Runs a body with a store of so many documents, and what cuts them.
    private func withStore(
        of count: Int32,
        in database: String,
        _ body: (
            MongoDocumentStore, _ bounds: (_ parts: Int, _ exactCount: Int64) async throws -> [DocumentPlace]
        ) async throws -> Void
    ) async throws {
        let connection = try await TestBed.connection()
        await TestBed.drop(database)
        try await fill("things", of: database, count: count, on: connection)
        let store = try await TestBed.documents(in: database)
        try await body(store) { parts, exactCount in
            try await connection.lanes.run { (client) throws(StoreError) in
                try client.bounds(of: "things", in: database, parts: parts, exactCount: exactCount)
            }
        }
        await TestBed.drop(database)
    }

    @Test("as many parts as were asked for, of which none is larger by more than one, and each document is in one")
    func exact() async throws {
        try await withStore(of: 1_003, in: "range-cuts-exact") { store, bounds in
            for count in [1, 2, 7, 40, 1_003, 2_000] {
                let parts = try await numbers(try await bounds(count, 1_003), of: store)
                #expect(parts.count == min(count, 1_003))
                let sizes = parts.map(\.count)
                #expect(try #require(sizes.max()) - (try #require(sizes.min())) <= 1)
                #expect(parts.flatMap { $0 } == Array(0..<1_003))
            }
        }
    }

    @Test("a larger collection is cut by a sample, of which no part holds most, and each document is in one part")
    func sampled() async throws {
        try await withStore(of: 30_000, in: "range-cuts-sampled") { store, bounds in
            for count in [2, 8, 5_000] {
                let parts = try await numbers(try await bounds(count, 29_999), of: store)
                #expect((2...count).contains(parts.count))
                #expect(try #require(parts.map(\.count).max()) < 27_000)
                #expect(parts.flatMap { $0 } == Array(0..<30_000))
            }
        }
    }

    @Test("a collection that is not there, or empty, is one range")
    func nothing() async throws {
        try await withStore(of: 0, in: "range-cuts-nothing") { _, bounds in
            let found = try await bounds(4, 10)
            #expect(found.isEmpty)
        }
    }
}
