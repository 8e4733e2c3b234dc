import CutoverAzureServer
import MigrationCore
import Testing

@testable import CosmosAdapter

/// The change feed where a single range does not show it.
@Suite("The change feed of Cosmos DB", .timeLimit(.minutes(5)), .needsAzureEmulator, .azureEmulator)
struct CosmosFeedTests {
    private func write(_ store: CosmosDocumentStore, _ numbers: Range<Int>, _ body: Document) async throws {
        let writes = numbers.map { number in
            DocumentWrite.put(
                body,
                to: DocumentKey(collection: "things", partition: PartitionKey(.number(Double(number))), id: "d")
            )
        }
        #expect(try await store.writeBatch(writes).allSatisfy(\.isApplied))
    }

    @Test("a feed goes on when ranges are split and merged under it, and misses nothing")
    func splits() async throws {
        let bed = try CosmosBed()
        let store = try await bed.store()
        try await store.ensureCollection(CollectionDefinition("things"))
        try await write(store, 0..<50, ["n": 1])
        var start = ChangeFeedStart.beginning
        var latest: [DocumentKey: Value] = [:]
        var round = 0
        while true {
            let page = try await store.changes(in: "things", from: start, limit: 9, waitingUpTo: .zero)
            for case let (key?, .written(document)) in page.changes.map({ ($0.key, $0.kind) }) {
                latest[key] = document.document["n"]
            }
            start = .after(page.continuation)
            switch round {
            case 0: try await bed.server.split("0", database: bed.database, container: "things")
            case 1: try await bed.server.split("1", database: bed.database, container: "things")
            case 2: try await write(store, 0..<30, ["n": 2])
            case 4: try await bed.server.merge(["3", "4"], database: bed.database, container: "things")
            case 5: try await write(store, 50..<60, ["n": 2])
            default: break
            }
            round += 1
            if page.changes.isEmpty, round > 6 { break }
        }
        #expect(latest.count == 60 && latest.values.count { $0 == 2 } == 40)
        let now = try await store.currentContinuation(in: "things")
        try await write(store, 7..<8, ["n": 3])
        let page = try await store.changes(in: "things", from: .after(now), limit: 9, waitingUpTo: .seconds(5))
        #expect(page.changes.count == 1)
        await store.close()
    }

    @Test("a feed begins at a time, and ends where its container was made anew")
    func times() async throws {
        let bed = try CosmosBed()
        let store = try await bed.store()
        try await store.ensureCollection(CollectionDefinition("things"))
        try await write(store, 0..<5, ["n": 1])
        let past = try await store.continuation(at: WallTime.now().advanced(by: .seconds(-60)), in: "things")
        let future = try await store.continuation(at: WallTime.now().advanced(by: .seconds(60)), in: "things")
        let changes = try await store.changes(in: "things", from: .after(past), limit: 9, waitingUpTo: .zero)
        #expect(changes.changes.count == 5)
        let none = try await store.changes(in: "things", from: .after(future), limit: 9, waitingUpTo: .zero)
        #expect(none.changes.isEmpty)
        try await bed.server.deleteContainer("things", database: bed.database)
        let other = try await bed.store()
        try await other.ensureCollection(CollectionDefinition("things"))
        let lost = try await code {
            try await other.changes(in: "things", from: .after(past), limit: 1, waitingUpTo: .zero)
        }
        #expect(lost == .feedHistoryLost)
        await store.close()
        await other.close()
    }

    @Test("behind a change in the midst of a transaction, the others of it come, and what was given does not")
    func transaction() throws {
        func entry(_ number: Int64, _ mark: String) -> FeedPage.Entry { .init(bytes: [], number: number, mark: mark) }
        let page = FeedPage(entries: [entry(3, "a"), entry(5, "b"), entry(5, "c"), entry(5, "d")], token: "\"6\"")
        let part = FeedPlace.Part(minimum: "", maximum: "FF", token: "\"2\"")
        #expect(page.part(part, behind: 0) == .init(minimum: "", maximum: "FF", token: "\"3\""))
        #expect(page.part(part, behind: 1) == .init(minimum: "", maximum: "FF", token: "\"3\"", seen: ["b"]))
        #expect(page.part(part, behind: 2) == .init(minimum: "", maximum: "FF", token: "\"3\"", seen: ["b", "c"]))
        #expect(page.part(part, behind: 3) == .init(minimum: "", maximum: "FF", token: "\"6\""))
        let first = FeedPage(entries: [entry(3, "a"), entry(3, "b")], token: "\"3\"")
        #expect(first.part(part, behind: 0) == .init(minimum: "", maximum: "FF", token: "\"2\"", seen: ["a"]))
        var place = FeedPlace("things", rid: "r")
        place.parts = [first.part(part, behind: 0), .init(minimum: "A", maximum: "B")]
        #expect(try FeedPlace(place.continuation, "things").parts == place.parts)
        #expect(throws: StoreError.self) { try FeedPlace(place.continuation, "other") }
    }
}
