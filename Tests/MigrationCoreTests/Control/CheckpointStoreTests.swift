import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Checkpoints")
struct CheckpointStoreTests {
    private struct Place: Checkpoint, Equatable {
        static let kind = "place"
        static let version: Int32 = 2
        var line: Int64
        var fields: Document { ["line": .int64(line)] }
        init(line: Int64) { self.line = line }
        init?(fields: Document, version: Int32) {
            guard case .int64(let line) = fields["line"] else { return nil }
            self.line = line
        }
    }

    private let base = InMemoryDocumentStore()
    private var key: DocumentKey { DocumentKey(collection: "cutover-checkpoints", id: "job") }

    @Test("what was saved is loaded, and a change replaces it")
    func roundTrip() async throws {
        let store = CheckpointStore(base)
        try await store.prepare()
        #expect(try await store.load(Place.self, named: "job") == nil)
        var saved = try await store.save(Place(line: 1), named: "job", replacing: nil)
        saved = try await store.save(Place(line: 2), named: "job", replacing: saved)
        #expect(try await store.load(Place.self, named: "job")?.value == Place(line: 2))
        try await store.remove(named: "job")
        try await store.remove(named: "job")
        #expect(try await store.load(Place.self, named: "job") == nil)
    }

    @Test("of two writers the second is refused, also when both write the same")
    func twoWriters() async throws {
        let store = CheckpointStore(base)
        let first = try await store.save(Place(line: 1), named: "job", replacing: nil)
        await expect(code: .versionConflict) { try await store.save(Place(line: 1), named: "job", replacing: nil) }
        _ = try await store.save(Place(line: 2), named: "job", replacing: first)
        await expect(code: .versionConflict) { try await store.save(Place(line: 2), named: "job", replacing: first) }
    }

    @Test("a newer version, another kind and a damaged value are refused, never guessed")
    func refusals() async throws {
        let store = CheckpointStore(base)
        try base.seed(["kind": "place", "version": 3, "value": ["line": 1]], at: key)
        await expect(code: .newerSchema) { try await store.load(Place.self, named: "job") }
        try base.seed(["kind": "other", "version": 2, "value": ["line": 1]], at: key)
        await expect(code: .corrupt) { try await store.load(Place.self, named: "job") }
        try base.seed(["kind": "place", "version": 2, "value": ["line": "x"]], at: key)
        await expect(code: .corrupt) { try await store.load(Place.self, named: "job") }
        try base.seed(["kind": "place", "version": 0, "value": ["line": .int64(1)]], at: key)
        await expect(code: .corrupt) { try await store.load(Place.self, named: "job") }
    }

    @Test(
        "an open outcome is resolved by reading: found, or made again under the same condition",
        arguments: [true, false]
    )
    func openOutcome(isApplied: Bool) async throws {
        let store = CheckpointStore(UnknownOnce(base: base, isApplied: isApplied))
        let saved = try await store.save(Place(line: 7), named: "job", replacing: nil)
        #expect(base.document(at: key)?.etag == saved.etag)
        _ = try await store.save(Place(line: 8), named: "job", replacing: saved)
        #expect(try await store.load(Place.self, named: "job")?.value == Place(line: 8))
    }
}

/// Loses the reply, or the request, of the first write.
private final class UnknownOnce: DocumentStore {
    let base: InMemoryDocumentStore
    let isApplied: Bool
    private let writes = Locked(0)

    init(base: InMemoryDocumentStore, isApplied: Bool) {
        self.base = base
        self.isApplied = isApplied
    }

    var id: StoreID { base.id }
    var capabilities: DocumentStoreCapabilities { base.capabilities }

    func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        let number = writes.withLock { count in
            count += 1
            return count
        }
        if number > 1 { return try await base.write(write) }
        if isApplied { _ = try await base.write(write) }
        return .unknown(StoreError(.outcomeUnknown, "The reply was lost."))
    }

    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? { try await base.read(key) }

    func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] { try await base.readMany(keys) }

    func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        try await base.writeBatch(writes, order: order)
    }

    func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        try await base.transact(writes)
    }

    func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await base.query(query, after: continuation, pageSize: pageSize)
    }

    func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try await base.count(collection, partition: partition, where: filter)
    }

    func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await base.scan(range, after: continuation, pageSize: pageSize)
    }

    func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await base.scanRanges(of: collection, maximumCount: maximumCount)
    }

    func collections() async throws(StoreError) -> [CollectionDefinition] { try await base.collections() }

    func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await base.ensureCollection(definition)
    }

    func close() async { await base.close() }
}
