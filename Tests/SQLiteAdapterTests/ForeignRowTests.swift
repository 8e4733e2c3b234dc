import MigrationCore
import Testing

@testable import SQLiteAdapter

@Suite("Rows that another program writes", .timeLimit(.minutes(5)))
struct ForeignRowTests {
    private let folder = TemporaryFolder()
    private var shell: Shell { Shell(path: folder.file()) }

    private func insert(_ id: String, _ body: String, recursive: Bool = false) throws {
        try shell.run(
            """
            PRAGMA recursive_triggers = \(recursive ? "ON" : "OFF");
            INSERT INTO documents (collection, id, body) VALUES ('orders', '\(id)', '\(body)')
            """
        )
    }

    @Test("a row with collection, id and body is a document, with an etag of its own", arguments: [false, true])
    func inserted(recursive: Bool) async throws {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        var point = try await store.currentContinuation(in: "orders")
        try insert("a", #"{"total": 7, "when": {"$date": "2024-05-01T00:00:00Z"}}"#, recursive: recursive)
        try insert("b", "{}", recursive: recursive)
        let a = try #require(try await store.read(.order("a")))
        let b = try #require(try await store.read(.order("b")))
        #expect(a.document["total"] == .int32(7))
        #expect(a.document["when"] == .date(WallTime(millisecondsSinceEpoch: 1_714_521_600_000)))
        #expect(!a.etag.text.isEmpty && a.etag != b.etag)
        #expect(try await store.collections().map(\.name) == ["orders"])
        #expect(try await store.feed(after: &point) == ["a", "b"])
        await store.close()
    }

    @Test("an update gives a fresh etag and one change, with and without recursive triggers", arguments: [false, true])
    func updated(recursive: Bool) async throws {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        let written = try await store.write(["n": 1], to: .order("a"))
        var point = try await store.currentContinuation(in: "orders")
        try shell.run(
            """
            PRAGMA recursive_triggers = \(recursive ? "ON" : "OFF");
            UPDATE documents SET body = '{"n":2}' WHERE id = 'a'
            """
        )
        let read = try #require(try await store.read(.order("a")))
        #expect(read.document == ["n": 2])
        #expect(read.etag != written.etag)
        #expect(try await store.feed(after: &point) == ["a"])
        let stale = try await store.write(["n": 3], to: .order("a"), condition: .ifMatches(written.etag!))
        guard case .etagMismatch(let current)? = stale.rejection else {
            Issue.record("a write under an old etag was applied: \(stale)")
            return
        }
        #expect(current == read.etag)
        await store.close()
    }

    @Test(
        "INSERT OR REPLACE, a changed id, a lost etag and a delete keep etags and feed true",
        arguments: [false, true]
    )
    func others(recursive: Bool) async throws {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        let first = try await store.write(["n": 1], to: .order("a")).etag
        _ = try await store.write(["n": 1], to: .order("b"))
        var point = try await store.currentContinuation(in: "orders")
        let pragma = "PRAGMA recursive_triggers = \(recursive ? "ON" : "OFF");"
        try shell.run(
            pragma + "INSERT OR REPLACE INTO documents (collection, id, body) VALUES ('orders', 'a', '{\"n\":2}')"
        )
        #expect(try await store.read(.order("a"))?.etag != first)
        #expect(try await store.feed(after: &point) == ["a"])
        try shell.run(pragma + "UPDATE documents SET id = 'c', body = '{}' WHERE id = 'b'")
        #expect(try await store.read(.order("b")) == nil)
        #expect(try await store.feed(after: &point) == ["-b", "c"])
        try shell.run(pragma + "UPDATE documents SET etag = NULL WHERE id = 'c'")
        #expect(try await store.read(.order("c"))?.etag.text.isEmpty == false)
        try shell.run(pragma + "DELETE FROM documents")
        #expect(Set(try await store.feed(after: &point)) == ["-a", "-c"])
        await store.close()
    }

    @Test("a body that does not parse is reported with its bytes, and hides nothing else")
    func unreadable() async throws {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        var point = try await store.currentContinuation(in: "orders")
        let bodies = [
            "b": "{", "d": #"{"a":1,"a":2}"#, "f": #"{"x":{"$numberInt":"many"}}"#, "h": "[]",
        ]
        for id in ["a", "b", "c", "d", "e", "f", "g", "h"] { try insert(id, bodies[id] ?? #"{"fine":true}"#) }
        let scan = try await store.scanAll(ScanRange("orders"), pageSize: 2)
        #expect(scan.documents.map(\.key.id.text) == ["a", "c", "e", "g"])
        #expect(scan.unreadable.map { $0.key?.id.text } == ["b", "d", "f", "h"])
        #expect(
            scan.unreadable.map { String(decoding: $0.bytes, as: UTF8.self) }
                == ["b", "d", "f", "h"].map { bodies[$0] }
        )
        #expect(try await store.feed(after: &point) == ["a", "?b", "c", "?d", "e", "?f", "g", "?h"])
        await expect(.corrupt) { _ = try await store.read(.order("b")) }
        await expect(.corrupt) { _ = try await store.query(DocumentQuery("orders"), after: nil, pageSize: 10) }
        #expect(try await store.read(.order("a")) != nil)
        #expect(try await store.write(["mended": true], to: .order("b")).isApplied)
        #expect(try await store.read(.order("b"))?.document == ["mended": true])
        await store.close()
    }

    @Test("a key that is no key is reported, whatever its bytes are, and the scan gets past it")
    func unreadableKeys() async throws {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        try shell.run(
            """
            INSERT INTO documents (collection, partition, id, body) VALUES
                ('orders', 'no json', 'a', '{}'), ('orders', '[ "spaced" ]', 'b', '{}'), ('orders', '[]', '={', '{}'),
                ('orders', '[]', cast(x'ff61' AS TEXT), '{}'), ('orders', '[]', '', '{}'), ('orders', '["p"]', 'fine', '{}')
            """
        )
        let scan = try await store.scanAll(ScanRange("orders"), pageSize: 1)
        #expect(scan.documents.map(\.key.id.text) == ["fine", ""])
        #expect(scan.unreadable.count == 4 && scan.unreadable.allSatisfy { $0.key == nil })
        await store.close()
    }

    @Test("a store on the same file in another process is seen at once")
    func otherProcess() async throws {
        let a = try await SQLiteDocumentStore.open("test", at: folder.file())
        let b = try await SQLiteDocumentStore.open("test", at: folder.file())
        let point = try await a.currentContinuation(in: "orders")
        async let page = a.changes(in: "orders", from: .after(point), limit: 10, waitingUpTo: .seconds(20))
        try await Task.sleep(for: .milliseconds(20))
        let tag = try await b.write(["n": 1], to: .order("x")).etag
        #expect(try await page.changes.count == 1)
        #expect(try await a.read(.order("x"))?.etag == tag)
        #expect(try await a.write(["n": 2], to: .order("x"), condition: .ifMatches(tag!)).isApplied)
        #expect(try await b.write(["n": 3], to: .order("x"), condition: .ifMatches(tag!)).isApplied == false)
        await a.close()
        await b.close()
    }
}
