internal import MigrationCore

/// A fresh store with one collection and what a behaviour about documents needs around it.
struct DocumentBed: Sendable {
    let store: any DocumentStore
    let suite: DocumentStoreConformance
    let clock: ManualWallClock
    let random: RandomSource
    let collection: CollectionName = "things"

    var options: ConformanceOptions { suite.options }
    var capabilities: DocumentStoreCapabilities { store.capabilities }

    init(store: any DocumentStore, suite: DocumentStoreConformance, clock: ManualWallClock, name: String) {
        self.store = store
        self.suite = suite
        self.clock = clock
        let salt = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        random = SeededRandom.source(seed: suite.options.seed ^ salt)
    }

    func key(_ id: DocumentID, _ partition: PartitionKey = .unpartitioned) -> DocumentKey {
        DocumentKey(collection: collection, partition: partition, id: id)
    }

    /// The time that the store sees.
    var now: WallTime { suite.hasClock ? clock.now : .now() }

    /// A lifetime that is short and still kept exactly by the store.
    var lifetime: Duration { suite.hasClock ? .seconds(60) : options.shortestLifetime }

    /// Lets a time pass, for the store too.
    func pass(_ duration: Duration) async throws {
        if suite.hasClock {
            clock.advance(by: duration)
        } else {
            try await Task.sleep(for: duration + .milliseconds(5))
        }
    }

    /// Writes and returns the tag; fails when the write is not applied.
    @discardableResult
    func put(
        _ document: Document,
        to key: DocumentKey,
        condition: WriteCondition = .upsert,
        lifetime: Lifetime = .collectionDefault
    ) async throws -> ETag {
        let outcome = try await store.write(document, to: key, condition: condition, lifetime: lifetime)
        return try expectNotNil(outcome.etag, "the write is applied with a tag, not \(brief(outcome))")
    }

    /// Writes documents with the ids `d000`, `d001`, ... and the field `n`.
    func fill(_ count: Int, partition: PartitionKey = .unpartitioned) async throws {
        for start in stride(from: 0, to: count, by: 50) {
            let writes = (start..<min(count, start + 50)).map { number in
                DocumentWrite.put(["n": .int32(Int32(number))], to: key(Self.id(number), partition))
            }
            for outcome in try await store.writeBatch(writes) {
                try expect(outcome.isApplied, "a write of a batch is applied", seen: brief(outcome))
            }
        }
    }

    static func id(_ number: Int) -> DocumentID {
        let digits = String(number)
        return DocumentID("d" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits)
    }

    /// All documents of a query, page by page.
    func all(_ query: DocumentQuery, pageSize: Int = 100) async throws -> [StoredDocument] {
        var documents: [StoredDocument] = []
        var continuation: Continuation?
        repeat {
            let page = try await store.query(query, after: continuation, pageSize: pageSize)
            try expect(
                page.documents.count <= pageSize,
                "a page of at most \(pageSize) documents",
                seen: "\(page.documents.count)"
            )
            documents += page.documents
            continuation = page.continuation
        } while continuation != nil
        return documents
    }

    /// All documents of a range, page by page.
    func scan(_ range: ScanRange, pageSize: Int = 100) async throws -> [StoredDocument] {
        var documents: [StoredDocument] = []
        var continuation: Continuation?
        repeat {
            let page = try await store.scan(range, after: continuation, pageSize: pageSize)
            try expect(
                page.documents.count <= pageSize,
                "a page of at most \(pageSize) documents",
                seen: "\(page.documents.count)"
            )
            documents += page.documents
            continuation = page.continuation
        } while continuation != nil
        return documents
    }

    /// Runs `body` and fails unless the document is afterwards what it was before, tag included.
    func unchanged(_ key: DocumentKey, by what: String, _ body: () async throws -> Void) async throws {
        let before = try await store.read(key)
        try await body()
        let after = try await store.read(key)
        try expect(
            after?.document.bson == before?.document.bson && after?.etag == before?.etag,
            "\(what) leaves the document as it was",
            seen: "\(brief(after as Any)) instead of \(brief(before as Any))"
        )
    }

    /// The store after a restart; `nil` when the suite cannot restart it.
    func reopened() async throws -> DocumentBed? {
        guard let reopen = suite.reopen else { return nil }
        await store.close()
        return DocumentBed(store: try await reopen(store), suite: suite, clock: clock, name: "reopened")
    }
}

extension Collection where Element == StoredDocument {
    /// The texts of the ids, in order.
    var ids: [String] { map(\.key.id.text) }
}

/// Fails unless the outcome is the rejection that is wanted.
func expectRejected(
    _ outcome: WriteOutcome,
    _ what: @autoclosure () -> String,
    as wanted: String,
    _ matches: (Rejection) -> Bool
) throws {
    guard let rejection = outcome.rejection, matches(rejection) else {
        throw Mismatch(expectation: "\(what()) is rejected as \(wanted)", observed: brief(outcome))
    }
}

extension Rejection {
    var isExists: Bool { if case .exists = self { true } else { false } }
    var isNotFound: Bool { if case .notFound = self { true } else { false } }
    var isMismatch: Bool { if case .etagMismatch = self { true } else { false } }
    var isSkipped: Bool { if case .skipped = self { true } else { false } }
    var invalidCode: StoreError.Code? { if case .invalid(let error) = self { error.code } else { nil } }
    var uniqueIndex: String? { if case .uniqueIndex(let name) = self { name } else { nil } }
}
