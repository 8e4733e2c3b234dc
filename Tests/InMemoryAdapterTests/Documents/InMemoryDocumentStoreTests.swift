import InMemoryAdapter
import MigrationCore
import Testing

@Suite("The in-memory document store")
struct InMemoryDocumentStoreTests {
    let store = InMemoryDocumentStore()

    @Test("starts empty")
    func startsEmpty() async throws {
        #expect(store.snapshot() == [:])
        #expect(try await store.collections() == [])
        #expect(try await store.read(key(1)) == nil)
        #expect(try await store.count("c") == 0)
        #expect(try await store.scanRanges(of: "c", maximumCount: 4) == [ScanRange("c")])
    }

    @Test("can be seeded and inspected without await, also when it is closed")
    func seedAndInspect() async throws {
        let tag = try store.seed(["n": 1], at: key(1))
        try store.seed(["n": 2], at: key(2))
        await store.close()
        #expect(store.document(at: key(1)) == StoredDocument(key: key(1), document: ["n": 1], etag: tag))
        #expect(store.documents(in: "c").map(\.document) == [["n": 1], ["n": 2]])
        #expect(store.documentCount(in: "c") == 2)
        #expect(store.snapshot()["c"]?.count == 2)
        #expect(store.documents(in: "other") == [])
    }

    @Test("a seed that a unique index refuses is an error")
    func seedRefused() async throws {
        try await store.ensureCollection(
            CollectionDefinition("c", indexes: [IndexDefinition("n", fields: [.ascending("n")], isUnique: true)])
        )
        try store.seed(["n": 1], at: key(1))
        await expect(.invalidArgument) { try store.seed(["n": 1], at: key(2)) }
    }

    @Test("shares nothing with another instance or with what callers hold")
    func isolation() async throws {
        var mine: Document = ["n": 1]
        try store.seed(mine, at: key(1))
        mine["n"] = 2
        var read = try #require(try await store.read(key(1))).document
        read["n"] = 3
        #expect(store.document(at: key(1))?.document == ["n": 1])
        #expect(InMemoryDocumentStore().snapshot() == [:])
    }

    @Test("tags never repeat, neither for the same bytes nor in another instance")
    func tags() throws {
        let stores = [InMemoryDocumentStore(), InMemoryDocumentStore()]
        let tags = try (0..<100).map { try stores[$0 % 2].seed(["n": 1], at: key(1)) }
        #expect(Set(tags).count == 100)
    }

    @Test("a collection comes into being with the first write that is applied")
    func collections() async throws {
        _ = try await store.write(["n": 1], to: key(1), condition: .replace)
        _ = try await store.delete(key(1))
        _ = try await store.transact([.put(["n": 1], to: key(1)), .delete(key(2))])
        #expect(try await store.collections() == [])
        #expect(try await store.transact([.put(["n": 1], to: key(1)), .delete(key(1))]).isApplied)
        #expect(try await store.collections() == [CollectionDefinition("c")])
    }

    @Test("a failed transaction leaves documents, their order and the feed as they were")
    func rollBack() async throws {
        try await store.ensureCollection(
            CollectionDefinition("c", indexes: [IndexDefinition("n", fields: [.ascending("n")], isUnique: true)])
        )
        for n in 1...3 { try store.seed(["n": .int32(Int32(n))], at: key(n)) }
        let before = store.snapshot()
        let point = try await store.currentContinuation(in: "c")
        let outcome = try await store.transact([
            .delete(key(1)), .put(["n": 9], to: key(2)), .put(["n": 1], to: key(4)), .put(["n": 2], to: key(1)),
            .put(["n": 3], to: key(5)),
        ])
        guard case .rejected(index: 4, .uniqueIndex(name: "n")) = outcome else {
            Issue.record("Unexpected outcome \(outcome)")
            return
        }
        #expect(store.snapshot() == before)
        #expect(try await store.currentContinuation(in: "c") == point)
        #expect(try await store.write(["n": 1], to: key(6)).rejection != nil)
        #expect(try await store.write(["n": 9], to: key(6)).isApplied)
    }

    @Test("throws cancelled and applies nothing when the task was cancelled")
    func cancelled() async throws {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await store.write(["n": 1], to: key(1))
        }
        await expect(.cancelled) { try await task.value }
        #expect(store.snapshot() == [:])
    }

    @Test("throws closed after close")
    func closed() async throws {
        await store.close()
        await store.close()
        await expect(.closed) { _ = try await store.read(key(1)) }
        await expect(.closed) { _ = try await store.write(["n": 1], to: key(1)) }
        await expect(.closed) { _ = try await store.scan(ScanRange("c"), after: nil, pageSize: 1) }
        await expect(.closed) { _ = try await store.collections() }
        await expect(.closed) { _ = try await store.changes(in: "c", from: .beginning, limit: 1, waitingUpTo: .zero) }
        await expect(.closed) { try store.seed(["n": 1], at: key(1)) }
    }

    @Test("stands in for a store that can do less")
    func capabilities() async throws {
        var less = DocumentStoreCapabilities.inMemory
        less.createsCollectionsOnWrite = false
        less.supportsExpiry = false
        less.supportsSort = false
        less.supportsUniqueIndexes = false
        less.maximumDocumentBytes = 40
        let store = InMemoryDocumentStore(id: "less", capabilities: less)
        await expect(.collectionNotFound) { _ = try await store.write([:], to: key(1)) }
        try await store.ensureCollection(CollectionDefinition("c"))
        await expect(.documentTooLarge) {
            _ = try await store.write(["text": .string(String(repeating: "x", count: 40))], to: key(1))
        }
        await expect(.unsupported) {
            _ = try await store.write([:], to: key(1), lifetime: .until(WallTime(millisecondsSinceEpoch: 1)))
        }
        await expect(.unsupported) {
            _ = try await store.query(DocumentQuery("c", sort: [.ascending("n")]), after: nil, pageSize: 1)
        }
        await expect(.unsupported) {
            try await store.ensureCollection(CollectionDefinition("d", defaultLifetime: .seconds(1)))
        }
        await expect(.unsupported) {
            let index = IndexDefinition("n", fields: [.ascending("n")], isUnique: true)
            try await store.ensureCollection(CollectionDefinition("d", indexes: [index]))
        }
        #expect(try await store.write([:], to: key(1)).isApplied)
    }

    @Test("many tasks that add to one counter under its tag lose nothing")
    func concurrency() async throws {
        let store = store
        try store.seed(["n": 0], at: key(1))
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    var added = 0
                    while added < 50 {
                        let stored = try #require(try await store.read(key(1)))
                        let outcome = try await store.patch(key(1), [.increment("n", by: 1)], ifMatches: stored.etag)
                        if outcome.isApplied { added += 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(store.document(at: key(1))?.document == ["n": 400])
    }
}

func key(_ number: Int, in collection: CollectionName = "c") -> DocumentKey {
    DocumentKey(collection: collection, id: DocumentID("\(number)"))
}
