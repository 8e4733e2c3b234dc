import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("A document store in Blob Storage")
struct BlobDocumentStoreTests {
    private func store(_ blobs: FakeBlobs) async throws -> BlobDocumentStore {
        let store = try await blobs.connect()
        try await store.ensureCollection(CollectionDefinition("c"))
        return store
    }

    private let key = DocumentKey(collection: "c", id: "a")

    @Test("an upsert whose reply was lost is found by its mark and was applied once")
    func lostUpsert() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        blobs.lose(1, applied: true)
        let outcome = try await store.write(["n": 1], to: key)
        #expect(outcome.isApplied)
        #expect(try await store.read(key)?.etag == outcome.etag)
        #expect(puts(blobs) == 1)
    }

    /// How often the document was sent.
    private func puts(_ blobs: FakeBlobs) -> Int {
        blobs.state.withLock { state in
            state.requests.count { $0.method == .put && $0.url.percentEncodedPath.hasSuffix("a.json") }
        }
    }

    @Test("an upsert that may never have arrived is unknown, and is not sent again")
    func unknownUpsert() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        blobs.lose(1, applied: false)
        guard case .unknown(let error) = try await store.write(["n": 1], to: key) else {
            Issue.record("The outcome is unknown.")
            return
        }
        #expect(error.code == .outcomeUnknown)
        #expect(error.context.store == "blobs")
        #expect(try await store.read(key) == nil)
    }

    @Test("an insert whose reply was lost is found by its mark, and is not sent again: a document may be absent twice")
    func lostInsert() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        blobs.lose(1, applied: true)
        let outcome = try await store.write(["n": 1], to: key, condition: .insert)
        #expect(outcome.isApplied)
        #expect(try await store.read(key)?.etag == outcome.etag)
        #expect(puts(blobs) == 1)
    }

    @Test("an insert whose reply was lost does not undo another writer's delete")
    func deletedMeanwhile() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        blobs.lose(1, applied: true)
        // Before each request that follows, another writer deletes what is there.
        blobs.state.withLock { state in
            state.meddle = { _, state in
                state.container = state.container?.filter { !$0.key.text.hasSuffix("a.json") }
            }
        }
        guard case .unknown = try await store.write(["n": 1], to: key, condition: .insert) else {
            Issue.record("The outcome is unknown.")
            return
        }
        #expect(try await store.read(key) == nil)
        #expect(puts(blobs) == 1)
    }

    @Test("an insert that met another writer's document after a lost request is unknown, never exists")
    func doubtfulInsert() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        let other = try await blobs.connect()
        _ = try await other.write(["n": 2], to: key)
        blobs.lose(1, applied: false)
        guard case .unknown = try await store.write(["n": 1], to: key, condition: .insert) else {
            Issue.record("The outcome is unknown.")
            return
        }
        #expect(try await store.read(key)?.document == ["n": 2])
    }

    @Test("an increment whose reply was lost counts once")
    func lostIncrement() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        _ = try await store.write(["n": 1], to: key)
        blobs.lose(1, applied: true)
        #expect(try await store.patch(key, [.increment("n", by: 1)]).isApplied)
        #expect(try await store.read(key)?.document == ["n": 2])
    }

    @Test("a delete whose reply was lost is unknown, with a version and without")
    func lostDelete() async throws {
        for hasTag in [false, true] {
            let blobs = FakeBlobs()
            let store = try await store(blobs)
            let tag = try await store.write(["n": 1], to: key).etag
            blobs.lose(1, applied: true)
            guard case .unknown = try await store.delete(key, ifMatches: hasTag ? tag : nil) else {
                Issue.record("The outcome is unknown.")
                return
            }
            #expect(try await store.read(key) == nil)
        }
    }

    @Test("a text that cannot be a version is never sent")
    func impossibleTags() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        _ = try await store.write(["n": 1], to: key)
        for text in ["*", "\"*\"", "\"a\", \"b\"", "\"a\"\r\nx: y", ""] {
            let outcome = try await store.write(["n": 2], to: key, condition: .ifMatches(ETag(text)))
            guard case .rejected(.etagMismatch) = outcome else {
                Issue.record("\(text) is a mismatch, not \(outcome).")
                continue
            }
            guard case .rejected(.etagMismatch) = try await store.delete(key, ifMatches: ETag(text)) else {
                Issue.record("\(text) deletes nothing.")
                continue
            }
        }
        #expect(try await store.read(key)?.document == ["n": 1])
    }

    @Test("pages that are empty and have a continuation are not the end")
    func emptyPages() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        for number in 0..<5 {
            _ = try await store.write(["n": .int32(Int32(number))], to: DocumentKey(collection: "c", id: "\(number)"))
        }
        blobs.state.withLock { $0.sendsEmptyPages = true }
        #expect(try await store.count("c") == 5)
        var found = 0
        var place: Continuation?
        repeat {
            let page = try await store.scan(ScanRange("c"), after: place, pageSize: 2)
            found += page.documents.count
            place = page.continuation
        } while place != nil
        #expect(found == 5)
        #expect(try await store.collections().map(\.name) == ["c"])
    }

    @Test("a scan lists what is no document with its bytes and goes on; a query of it is corrupt")
    func unreadable() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        _ = try await store.write(["n": 1], to: key)
        blobs.state.withLock {
            $0.container?["documents/c/0/b.json"] = FakeBlobs.Blob(bytes: [0x7B], etag: "\"x\"")
            $0.container?["documents/c/readme.txt"] = FakeBlobs.Blob(bytes: [1], etag: "\"x\"")
        }
        let page = try await store.scan(ScanRange("c"), after: nil, pageSize: 10)
        #expect(page.documents.count == 1)
        #expect(page.unreadable.map(\.bytes) == [[0x7B], [1]])
        #expect(page.unreadable.map { $0.key?.id.text } == ["b", nil])
        await #expect {
            try await store.query(DocumentQuery("c"), after: nil, pageSize: 10)
        } throws: {
            ($0 as? StoreError)?.code == .corrupt
        }
    }

    @Test("a container that is missing is refused, or created where the configuration says so")
    func containers() async throws {
        let blobs = FakeBlobs(hasContainer: false)
        await #expect {
            try await blobs.connect()
        } throws: {
            ($0 as? StoreError)?.code == .invalidConfiguration
        }
        _ = try await blobs.connect { $0.createsContainer = true }
        #expect(blobs.state.withLock { $0.container != nil })
    }

    @Test("two stores with different prefixes share a container and see nothing of each other")
    func prefixes() async throws {
        let blobs = FakeBlobs()
        let first = try await blobs.connect { $0.prefix = "a/" }
        let second = try await blobs.connect { $0.prefix = "b/" }
        try await first.ensureCollection(CollectionDefinition("c"))
        #expect(try await second.collections().isEmpty)
        _ = try await first.write(["n": 1], to: key)
        #expect(try await second.read(key) == nil)
    }

    @Test(
        "names and prefixes that the service would change are refused",
        arguments: ["a", "/", "a//", "../", "a b/", "./", "a./"]
    )
    func badPrefixes(_ prefix: String) async throws {
        await #expect {
            try await FakeBlobs().connect { $0.prefix = prefix }
        } throws: {
            ($0 as? StoreError)?.code == .invalidConfiguration
        }
    }

    @Test("no description of a configuration shows the key")
    func secrecy() throws {
        let configuration = try FakeBlobs().configuration()
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("Eby8vdM02"))
        }
    }
}
