import InMemoryAdapter
import MigrationCore

/// An in-memory document store with faults before and after its calls, and rows that no longer parse.
final class HookedDocumentStore: DocumentStore {
    /// What happens to one call.
    enum Fault: Sendable {
        /// The call fails and nothing is applied.
        case before(StoreError)
        /// The call is applied and its reply is lost: each outcome is unknown.
        case after
        /// Each outcome is unknown and nothing is applied, unless ``HookedDocumentStore/deliverLate()`` is called.
        case lost
        /// Something else happens first.
        case meanwhile(@Sendable (InMemoryDocumentStore) async throws(StoreError) -> Void)
    }

    let base: InMemoryDocumentStore
    private let state = Locked(State())

    private struct State {
        var batchFaults: [Int: Fault] = [:]
        var scanFaults: [Int: Fault] = [:]
        var readFaults: [Int: Fault] = [:]
        var unreadable: [DocumentKey: [UInt8]] = [:]
        var batches: [[DocumentWrite]] = []
        var scans = 0
        var reads = 0
        var lost: [DocumentWrite] = []
        var extraCount = 0
        var repeatsWrites = false
        var losesNextWrite = false
        var hiddenReads = 0
    }

    init(_ base: InMemoryDocumentStore) { self.base = base }

    /// What happens to the n-th batch of writes, page of a scan, or read, counted from 1.
    func set(batches: [Int: Fault] = [:], scans: [Int: Fault] = [:], reads: [Int: Fault] = [:]) {
        state.withLock {
            $0.batchFaults = batches
            $0.scanFaults = scans
            $0.readFaults = reads
        }
    }

    /// What is stored under a key no longer parses.
    func damage(_ key: DocumentKey) { state.withLock { $0.unreadable[key] = [1, 2, 3] } }

    /// From now on the store counts this many documents too many.
    func miscount(by extra: Int) { state.withLock { $0.extraCount = extra } }

    /// From now on every single write arrives twice, and the second answer is the one that is heard.
    func repeatWrites() { state.withLock { $0.repeatsWrites = true } }

    /// The next reads are answered by a replica that does not have the document yet.
    func hide(fromReads count: Int) { state.withLock { $0.hiddenReads = count } }

    /// The next single write never arrives, and its caller is not told.
    func loseNextWrite() { state.withLock { $0.losesNextWrite = true } }

    /// The requests that were lost arrive now.
    func deliverLate() async throws(StoreError) {
        let writes = state.withLock { state in
            defer { state.lost = [] }
            return state.lost
        }
        if !writes.isEmpty { _ = try await base.writeBatch(writes, order: .unordered) }
    }

    /// How many reads were attempted.
    var readCount: Int { state.withLock { $0.reads } }
    /// The batches that were attempted.
    var batches: [[DocumentWrite]] { state.withLock { $0.batches } }

    var id: StoreID { base.id }
    var capabilities: DocumentStoreCapabilities { base.capabilities }

    func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        let fault = state.withLock { state in
            state.batches.append(writes)
            return state.batchFaults[state.batches.count]
        }
        let open = StoreError(.outcomeUnknown, "The reply was lost.")
        switch fault {
        case .before(let error): throw error
        case .meanwhile(let action): try await action(base)
        case .lost:
            state.withLock { $0.lost += writes }
            return writes.map { _ in .unknown(open) }
        case .after:
            _ = try await base.writeBatch(writes, order: order)
            return writes.map { _ in .unknown(open) }
        case nil: break
        }
        return try await base.writeBatch(writes, order: order)
    }

    func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        if state.withLock({ $0.repeatsWrites }) { _ = try await base.write(write) }
        let isLost = state.withLock { state in
            defer { state.losesNextWrite = false }
            return state.losesNextWrite
        }
        if isLost { return .unknown(StoreError(.outcomeUnknown, "The request was lost.")) }
        let outcome = try await base.write(write)
        if outcome.isApplied { state.withLock { $0.unreadable[write.key] = nil } }
        return outcome
    }

    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        let (fault, isUnreadable, isHidden) = state.withLock { state in
            state.reads += 1
            defer { state.hiddenReads = max(0, state.hiddenReads - 1) }
            return (state.readFaults[state.reads], state.unreadable[key] != nil, state.hiddenReads > 0)
        }
        if case .before(let error) = fault { throw error }
        if case .meanwhile(let action) = fault { try await action(base) }
        if isHidden { return nil }
        if isUnreadable { throw StoreError(.corrupt, "It does not parse.") }
        return try await base.read(key)
    }

    func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        let (fault, isUnreadable) = state.withLock { state in
            state.reads += 1
            return (state.readFaults[state.reads], keys.contains { state.unreadable[$0] != nil })
        }
        if case .before(let error) = fault { throw error }
        if case .meanwhile(let action) = fault { try await action(base) }
        if isUnreadable { throw StoreError(.corrupt, "It does not parse.") }
        return try await base.readMany(keys)
    }

    func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        let (fault, unreadable) = state.withLock { state in
            state.scans += 1
            return (state.scanFaults[state.scans], state.unreadable)
        }
        if case .before(let error) = fault { throw error }
        if case .meanwhile(let action) = fault { try await action(base) }
        let page = try await base.scan(range, after: continuation, pageSize: pageSize)
        return ScanPage(
            documents: page.documents.filter { unreadable[$0.key] == nil },
            unreadable: page.documents.compactMap { (document) -> UnreadableDocument? in
                guard let bytes = unreadable[document.key] else { return nil }
                do throws(DocumentError) {
                    _ = try Document(bson: bytes)
                    return nil
                } catch {
                    return UnreadableDocument(key: document.key, bytes: bytes, error: error)
                }
            },
            continuation: page.continuation
        )
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
        try await base.count(collection, partition: partition, where: filter) + state.withLock { $0.extraCount }
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

/// Documents for tests.
enum Things {
    static func key(_ index: Int) -> DocumentKey {
        DocumentKey(collection: "things", id: DocumentID("thing-\(index)"))
    }

    static func document(_ index: Int) -> Document { ["n": .int32(Int32(index)), "name": .string("Thing \(index)")] }

    static func fill(_ store: InMemoryDocumentStore, _ range: Range<Int>) async throws {
        try await store.ensureCollection(CollectionDefinition("things"))
        for index in range { try store.seed(document(index), at: key(index)) }
    }

    /// Bodies by id text.
    static func contents(_ store: InMemoryDocumentStore) -> [String: Document] {
        Dictionary(
            store.documents(in: "things").map { ($0.key.id.text, $0.document) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}
