import MigrationCore
import Testing

@testable import SQLiteAdapter

@Suite("The document store in an SQLite file", .timeLimit(.minutes(5)))
struct SQLiteDocumentStoreTests {
    private let folder = TemporaryFolder()

    /// A store whose wall clock is in the test's hands.
    private func open(
        _ configuration: SQLiteDatabase.Configuration = .init()
    ) async throws -> (store: SQLiteDocumentStore, time: Locked<WallTime>, database: SQLiteDatabase) {
        let time = Locked(WallTime(millisecondsSinceEpoch: 1_000))
        let database = try await SQLiteDatabase.open(at: folder.file(), configuration: configuration)
        return (SQLiteDocumentStore("test", in: database, now: { time.withLock { $0 } }), time, database)
    }

    @Test("bodies are canonical Extended JSON, keys are texts, and plain SQL reads them")
    func layout() async throws {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        let key = DocumentKey(collection: "orders", partition: ["acme", 7], id: 42)
        _ = try await store.write(["total": 7, "price": 1.5, "name": "é"], to: key)
        await store.close()
        let rows = try Shell(path: folder.file()).run(
            "SELECT collection, partition, id, body, json_extract(body, '$.name'), expires_at FROM documents"
        )
        #expect(
            rows == [
                [
                    "orders", #"["acme",7]"#, #"={"$numberInt":"42"}"#,
                    #"{"total":{"$numberInt":"7"},"price":{"$numberDouble":"1.5"},"name":"é"}"#, "é", nil,
                ]
            ]
        )
    }

    @Test("a document that Extended JSON cannot hold exactly is refused, never altered")
    func inexact() async throws {
        let (store, _, database) = try await open()
        let document: Document = ["a": ["$date": 1, "note": "no date"]]
        await expect(.invalidDocument) { _ = try await store.write(document, to: .order("a")) }
        let outcomes = try await store.writeBatch([.put(document, to: .order("a")), .put([:], to: .order("b"))])
        #expect(outcomes.map(\.isApplied) == [false, true])
        await database.close()
    }

    @Test("an expired document is gone at once, can be inserted anew, and shows as a delete in the feed")
    func expiry() async throws {
        let (store, time, database) = try await open()
        let end = WallTime(millisecondsSinceEpoch: 2_000)
        for id in ["a", "b"] { _ = try await store.write([:], to: .order(id), lifetime: .until(end)) }
        _ = try await store.write([:], to: .order("c"))
        var point = try await store.currentContinuation(in: "orders")
        #expect(try await store.count("orders") == 3)
        time.withLock { $0 = end }
        #expect(try await store.count("orders") == 1)
        #expect(try await store.read(.order("a")) == nil)
        #expect(try await store.scanAll(ScanRange("orders")).documents.map(\.key.id.text) == ["c"])
        #expect(try await store.write([:], to: .order("a"), condition: .replace).isApplied == false)
        #expect(try await store.write([:], to: .order("a"), condition: .insert).isApplied)
        // The first look finds what has expired and removes it, the second sees the deletes.
        var changes = try await store.feed(after: &point)
        changes += try await store.feed(after: &point)
        #expect(changes.contains("-b") && changes.contains("a"))
        #expect(try await store.purgeExpired(in: "orders", limit: 10) == 0)
        #expect(try Shell(path: folder.file()).run("SELECT count(*) FROM documents") == [["2"]])
        await database.close()
    }

    @Test("writes remove what has expired, a little at a time")
    func housekeeping() async throws {
        let (store, time, database) = try await open()
        let end = WallTime(millisecondsSinceEpoch: 2_000)
        let writes = (0..<250).map { DocumentWrite.put([:], to: .order("\($0)"), lifetime: .until(end)) }
        _ = try await store.writeBatch(writes)
        time.withLock { $0 = WallTime(millisecondsSinceEpoch: 10_000) }
        _ = try await store.write([:], to: .order("x"))
        #expect(try Shell(path: folder.file()).run("SELECT count(*) FROM documents") == [["151"]])
        #expect(try await store.purgeExpired(in: "orders", limit: 100) == 100)
        #expect(try await store.purgeExpired(in: "orders", limit: 100) == 50)
        await database.close()
    }

    @Test("a transaction that is rejected changes nothing, and its etags and changes are taken back")
    func transactions() async throws {
        let (store, _, database) = try await open()
        var point = try await store.currentContinuation(in: "orders")
        let rejected = try await store.transact([
            .put(["n": 1], to: .order("a")), .put(["n": 1], to: .order("b")), .delete(.order("missing")),
        ])
        guard case .rejected(index: 2, .notFound) = rejected else {
            Issue.record("expected the third write to be rejected: \(rejected)")
            return
        }
        #expect(try await store.read(.order("a")) == nil)
        #expect(try await store.feed(after: &point).isEmpty)
        let applied = try await store.transact([
            .put(["n": 1], to: .order("a")), .patch(.order("a"), [.increment("n", by: 2)]), .put([:], to: .order("b")),
        ])
        #expect(applied.isApplied)
        #expect(try await store.read(.order("a"))?.document == ["n": 3])
        await database.close()
    }

    @Test("many callers that write at once are all acknowledged, and each sees its own write")
    func concurrentWrites() async throws {
        let (store, _, database) = try await open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<64 {
                group.addTask {
                    let key = DocumentKey.order("\(caller % 16)")
                    for number in 0..<4 {
                        let tag = try await store.write(
                            ["caller": .int32(Int32(caller)), "n": .int32(Int32(number))],
                            to: key
                        )
                        #expect(tag.isApplied)
                    }
                    #expect(try await store.read(key) != nil)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.count("orders") == 16)
        let etags = try Shell(path: folder.file()).run("SELECT count(DISTINCT etag) FROM documents")
        #expect(etags == [["16"]])
        await database.close()
    }

    @Test("ranges cover a collection without overlap", arguments: [1, 2, 3, 7, 100])
    func ranges(count: Int) async throws {
        let (store, _, database) = try await open()
        let ids = (0..<50).map { "id-\($0)" }
        _ = try await store.writeBatch(
            ids.enumerated().map { .put([:], to: .order($1, in: $0.isMultiple(of: 2) ? .unpartitioned : ["p"])) }
        )
        let ranges = try await store.scanRanges(of: "orders", maximumCount: count)
        #expect(ranges.count == min(count, 50))
        var seen: [String] = []
        for range in ranges { seen += try await store.scanAll(range).documents.map(\.key.id.text) }
        #expect(seen.sorted() == ids.sorted())
        #expect(try await store.scanRanges(of: "absent", maximumCount: 4) == [ScanRange("absent")])
        await database.close()
    }

    @Test("the feed from the beginning shows what exists, then what follows, page by page")
    func feedFromBeginning() async throws {
        let (store, _, database) = try await open()
        for id in ["a", "b", "c", "d", "e"] { _ = try await store.write([:], to: .order(id)) }
        _ = try await store.delete(.order("b"))
        _ = try await store.write([:], to: DocumentKey(collection: "other", id: "z"))
        let page = try await store.changes(in: "orders", from: .beginning, limit: 3, waitingUpTo: .zero)
        #expect(page.changes.compactMap { $0.key?.id.text } == ["a", "c", "d"])
        var point = page.continuation
        _ = try await store.write([:], to: .order("a"))
        #expect(try await store.feed(after: &point) == ["e", "a"])
        #expect(try await store.feed(after: &point).isEmpty)
        await expect(.invalidContinuation) {
            _ = try await store.changes(in: "other", from: .after(point), limit: 1, waitingUpTo: .zero)
        }
        await database.close()
    }

    @Test("the log of changes is bounded, and a reader that falls behind is told")
    func historyLost() async throws {
        var configuration = SQLiteDatabase.Configuration()
        configuration.retainedChangeCount = 100
        let (store, _, database) = try await open(configuration)
        let old = try await store.currentContinuation(in: "orders")
        for _ in 0..<4 {
            _ = try await store.writeBatch((0..<600).map { .put([:], to: .order("\($0)")) })
        }
        let kept = try Shell(path: folder.file()).run("SELECT count(*), max(sequence) FROM changes")
        #expect(Int(kept[0][0]!)! < 1_300 && kept[0][1] == "2400")
        await expect(.feedHistoryLost) {
            _ = try await store.changes(in: "orders", from: .after(old), limit: 1, waitingUpTo: .zero)
        }
        var now = try await store.currentContinuation(in: "orders")
        #expect(try await store.feed(after: &now).isEmpty)
        #expect(throws: Shell.Failure.self) { try Shell(path: folder.file()).run("DELETE FROM changes") }
        await database.close()
    }

    @Test("a continuation of the feed from another file is refused")
    func otherFile() async throws {
        let (store, _, database) = try await open()
        let other = try await SQLiteDocumentStore.open("other", at: folder.file("other.sqlite"))
        let point = try await other.currentContinuation(in: "orders")
        await expect(.invalidContinuation) {
            _ = try await store.changes(in: "orders", from: .after(point), limit: 1, waitingUpTo: .zero)
        }
        await other.close()
        await database.close()
    }

    @Test("pages of scans and queries are read through an index, with a seek to where they begin")
    func plans() async throws {
        let (_, _, database) = try await open()
        await database.close()
        let plan = try Shell(path: folder.file()).run(
            """
            EXPLAIN QUERY PLAN SELECT body FROM documents
            WHERE collection = 'a' AND (partition, id) > ('b', 'c') ORDER BY partition, id
            """
        )
        let detail = plan.compactMap { $0[3] }.joined()
        #expect(detail.contains("SEARCH") && detail.contains("partition") && !detail.contains("TEMP B-TREE"))
    }

    @Test("a collection is defined once, found again, and compared")
    func collections() async throws {
        let (store, _, database) = try await open()
        var definition = CollectionDefinition(
            "orders",
            partitionPaths: ["tenant", FieldPath(components: ["a.b", "c"])],
            defaultLifetime: .seconds(60),
            indexes: [IndexDefinition("by-total", fields: [.descending("total"), .ascending("id")])]
        )
        try await store.ensureCollection(definition)
        try await store.ensureCollection(definition)
        #expect(try await store.collections() == [definition])
        definition.partitionPaths = ["other"]
        await expect(.collectionMismatch) { try await store.ensureCollection(definition) }
        definition.partitionPaths = ["tenant", FieldPath(components: ["a.b", "c"])]
        definition.indexes[0].fields = [.ascending("total")]
        await expect(.collectionMismatch) { try await store.ensureCollection(definition) }
        _ = try await store.write([:], to: DocumentKey(collection: "written", id: "a"))
        await expect(.collectionMismatch) {
            try await store.ensureCollection(CollectionDefinition("written", partitionPaths: ["tenant"]))
        }
        let late = try await store.write([:], to: .order("late"))
        #expect(late.isApplied)
        #expect(
            try await store.read(.order("late"))?.expiresAt == WallTime(millisecondsSinceEpoch: 61_000)
        )
        let unique = CollectionDefinition(
            "u",
            indexes: [IndexDefinition("one", fields: [.ascending("x")], isUnique: true)]
        )
        await expect(.unsupported) { try await store.ensureCollection(unique) }
        await database.close()
    }

    @Test("a closed store refuses every call, and one on a shared file leaves the file open")
    func closed() async throws {
        let (store, _, database) = try await open()
        let other = SQLiteDocumentStore("other", in: database)
        await store.close()
        await store.close()
        await expect(.closed) { _ = try await store.read(.order("a")) }
        await expect(.closed) { _ = try await store.write([:], to: .order("a")) }
        await expect(.closed) { _ = try await store.scan(ScanRange("orders"), after: nil, pageSize: 1) }
        #expect(try await other.write([:], to: .order("a")).isApplied)
        await database.close()
        await expect(.closed) { _ = try await other.write([:], to: .order("a")) }
        await expect(.closed) { _ = try await other.read(.order("a")) }
    }

    @Test("a file that is opened for reading reads, and refuses writes by name")
    func readOnly() async throws {
        let (store, _, database) = try await open()
        _ = try await store.write(["n": 1], to: .order("a"))
        var configuration = SQLiteDatabase.Configuration()
        configuration.access = .readOnly
        let reader = try await SQLiteDocumentStore.open("reader", at: folder.file(), configuration: configuration)
        #expect(try await reader.read(.order("a"))?.document == ["n": 1])
        await expect(.readOnly) { _ = try await reader.write([:], to: .order("b")) }
        #expect(try await reader.count("orders") == 1)
        await reader.close()
        await database.close()
    }
}
