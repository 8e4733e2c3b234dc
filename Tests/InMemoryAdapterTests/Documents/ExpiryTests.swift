import InMemoryAdapter
import MigrationCore
import MigrationTesting
import Testing

@Suite("Expiry in memory")
struct ExpiryTests {
    let time = ManualWallClock(WallTime(millisecondsSinceEpoch: 0))
    let store: InMemoryDocumentStore

    init() { store = InMemoryDocumentStore(now: { [time] in time.now }) }

    @Test("a document vanishes for every way of reading in the millisecond in which it expires")
    func invisible() async throws {
        try store.seed(["n": 1], at: key(1), lifetime: .until(WallTime(millisecondsSinceEpoch: 100)))
        time.set(WallTime(millisecondsSinceEpoch: 99))
        #expect(try await store.read(key(1))?.expiresAt == WallTime(millisecondsSinceEpoch: 100))
        time.set(WallTime(millisecondsSinceEpoch: 100))
        #expect(try await store.read(key(1)) == nil)
        #expect(try await store.readMany([key(1)]) == [nil])
        #expect(try await store.count("c") == 0)
        #expect(try await store.scan(ScanRange("c"), after: nil, pageSize: 9).documents == [])
        #expect(try await store.query(DocumentQuery("c"), after: nil, pageSize: 9).documents == [])
        #expect(try await store.write(["n": 2], to: key(1), condition: .replace).rejection != nil)
        #expect(try await store.delete(key(1)).rejection != nil)
        #expect(store.document(at: key(1)) == nil)
        #expect(store.documents(in: "c") == [])
        #expect(store.snapshot() == ["c": []])
    }

    @Test("lifetimes come from the write, else from the collection; a patch keeps the expiry")
    func lifetimes() async throws {
        try await store.ensureCollection(CollectionDefinition("c", defaultLifetime: .milliseconds(50)))
        time.set(WallTime(millisecondsSinceEpoch: 10))
        try store.seed(["n": 1], at: key(1))
        try store.seed(["n": 1], at: key(2), lifetime: .forever)
        try store.seed(["n": 1], at: key(3), lifetime: .until(WallTime(millisecondsSinceEpoch: 20)))
        time.set(WallTime(millisecondsSinceEpoch: 15))
        _ = try await store.patch(key(1), [.increment("n", by: 1)])
        _ = try await store.write(
            DocumentWrite(.patch([.increment("n", by: 1)], ifMatches: nil), key: key(3), lifetime: .forever)
        )
        let expiries = store.documents(in: "c").map(\.expiresAt?.millisecondsSinceEpoch)
        #expect(expiries == [60, nil, nil])
    }

    @Test("a purge removes what has expired, up to its limit, and shows deletes in the feed")
    func purge() async throws {
        for number in 1...3 {
            try store.seed(["n": 1], at: key(number), lifetime: .until(WallTime(millisecondsSinceEpoch: 5)))
        }
        try store.seed(["n": 1], at: key(4))
        let point = try await store.currentContinuation(in: "c")
        time.set(WallTime(millisecondsSinceEpoch: 5))
        #expect(try await store.purgeExpired(in: "c", limit: 2) == 2)
        #expect(try await store.purgeExpired(in: "c", limit: 2) == 1)
        #expect(try await store.purgeExpired(in: "c", limit: 2) == 0)
        #expect(try await store.purgeExpired(in: "other", limit: 2) == 0)
        let page = try await store.changes(in: "c", from: .after(point), limit: 9, waitingUpTo: .zero)
        #expect(page.changes.map(\.key) == [key(1), key(2), key(3)])
        #expect(store.documentCount(in: "c") == 1)
    }

    @Test("what has expired neither blocks its key nor its value of a unique index")
    func reuse() async throws {
        let index = IndexDefinition("n", fields: [.ascending("n")], isUnique: true)
        try await store.ensureCollection(CollectionDefinition("c", indexes: [index]))
        try store.seed(["n": 1], at: key(1), lifetime: .until(WallTime(millisecondsSinceEpoch: 5)))
        #expect(try await store.write(["n": 1], to: key(2)).rejection != nil)
        time.set(WallTime(millisecondsSinceEpoch: 5))
        #expect(try await store.write(["n": 1], to: key(2)).isApplied)
        #expect(try await store.write(["n": 2], to: key(1), condition: .insert).isApplied)
        #expect(store.documentCount(in: "c") == 2)
    }

    @Test("a collection that only ever grows by expiring documents stays small")
    func bounded() async throws {
        let first = try await store.currentContinuation(in: "c")
        for number in 0..<1000 {
            time.set(WallTime(millisecondsSinceEpoch: Int64(number)))
            let end = WallTime(millisecondsSinceEpoch: Int64(number) + 10)
            try store.seed(["n": 1], at: key(number), lifetime: .until(end))
        }
        let page = try await store.changes(in: "c", from: .after(first), limit: 5000, waitingUpTo: .zero)
        let deletes = page.changes.count { if case .deleted = $0.kind { true } else { false } }
        #expect(deletes > 900)
    }
}
