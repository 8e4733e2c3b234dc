/// A store of documents under keys: what every document adapter conforms to.
///
/// All stores give one answer to one question. What a store cannot do is part of its ``capabilities`` and an error with code
/// ``StoreError/Code/unsupported`` that names it; it is never a wider or a different answer. `DocumentStoreConformance` in
/// MigrationTesting holds a conformer to every promise on this page.
///
/// A stored document is exactly the bytes that were written: its ``DocumentKey`` is kept beside it. When the body has a
/// top-level `_id`, it must equal the key's id, else the write throws ``StoreError/Code/invalidDocument``.
///
/// **Outcomes.** A write that reached the store ends as ``WriteOutcome``: applied, rejected by its condition, or unknown.
/// A requirement throws only when the write was certainly *not* applied.
///
/// **Cancellation.** A cancelled task gets ``StoreError/Code/cancelled`` when nothing was applied. A write that has begun runs
/// to its end, and the store stays usable.
///
/// **Visibility.** A read that starts after a write was acknowledged sees that write, or a later one.
public protocol DocumentStore: Sendable {
    /// The name under which the store is registered.
    var id: StoreID { get }

    /// What the store can do and hold.
    var capabilities: DocumentStoreCapabilities { get }

    /// Reads one document.
    ///
    /// - Returns: the document, or `nil` when there is none, or when it has expired.
    /// - Throws: `corrupt` when what is stored does not parse; `invalidKey`, `keyTooLong`, `closed`, `cancelled`, and the
    ///   codes of category `transient` and `authorization`.
    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument?

    /// Reads several documents, each as ``read(_:)`` would.
    ///
    /// - Returns: one element for each key, in the order of `keys`; a key may appear more than once.
    func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?]

    /// Applies one write.
    ///
    /// - Returns: `applied` once the write is as durable as ``DocumentStoreCapabilities/durability`` says; `rejected` when its
    ///   condition did not hold; `unknown` when the store may or may not have applied it.
    /// - Throws: `documentTooLarge`, `invalidDocument`, `invalidKey`, `keyTooLong`, `invalidArgument` (a patch without
    ///   operations, or one that increments what is no number), `collectionNotFound`, `unsupported`, `readOnly`, `diskFull`,
    ///   and as ``read(_:)``.
    func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome

    /// Applies many writes, each on its own: some may be applied and others not.
    ///
    /// Writes of the same key are applied in the order of the batch. With ``BatchOrder/ordered`` the first write that is not
    /// applied ends the batch, and those behind it are `rejected(.skipped)`.
    ///
    /// - Returns: one outcome for each write, in the order of `writes`. An invalid item is ``WriteOutcome/rejected(_:)`` with
    ///   ``Rejection/invalid(_:)`` and leaves the others alone.
    /// - Throws: `emptyBatch` when `writes` is empty; otherwise only when no write was applied.
    func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome]

    /// Applies all writes or none, within one collection and one partition.
    ///
    /// A later write sees the effect of an earlier one on the same key.
    ///
    /// - Throws: `emptyBatch`; `invalidArgument` when the keys span collections or partitions; `unsupported` when there are
    ///   more writes than the capabilities allow; and as ``write(_:)``.
    func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome

    /// One page of the documents that a query selects.
    ///
    /// - Parameters:
    ///   - query: what to select, in which order, and how many in all.
    ///   - continuation: where the previous page ended, or `nil` for the first page.
    ///   - pageSize: the most documents of this page, at least 1. A page may be shorter, even empty, while more follow.
    /// - Returns: the documents and where to go on; the query has ended when ``DocumentPage/continuation`` is `nil`.
    /// - Throws: `invalidContinuation` for one of another query; `invalidArgument` for a page size below 1; `unsupported`
    ///   naming what cannot be honoured; `corrupt` for a document that does not parse.
    func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage

    /// How many documents of the collection the filter matches, without those that have expired.
    func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int

    /// One page of a range, in the store's own order: the way to read a whole collection.
    ///
    /// A document that exists during the whole scan is returned exactly once. One that is written or deleted meanwhile may be
    /// returned in its old or its new state, or not at all; when it is replaced it is never returned twice. The continuation
    /// survives a restart of the store. A page may be shorter than asked for, even empty, while more follow.
    ///
    /// What is stored and does not parse is in ``ScanPage/unreadable``, and the scan goes on.
    ///
    /// - Throws: `invalidContinuation` for one of another range; `invalidArgument` for a page size below 1.
    func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage

    /// Reads a range to its end, as ``scan(_:after:pageSize:)`` does page by page, and may read ahead. See ``RangeReader``.
    ///
    /// Adapters have one that scans; they replace it where the store can do better.
    ///
    /// - Throws: `invalidContinuation` or `invalidArgument`, here or for the first page.
    func reader(of range: ScanRange, after continuation: Continuation?) throws(StoreError) -> any RangeReader

    /// Cuts a collection into ranges that cover it without overlap, to be scanned side by side.
    ///
    /// - Returns: 1 to `maximumCount` ranges of roughly equal size. Documents that come later fall into one of them too.
    func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange]

    /// The collections of the store, ordered by name.
    func collections() async throws(StoreError) -> [CollectionDefinition]

    /// Creates the collection if it does not exist; otherwise compares.
    ///
    /// Calling it again with the same definition changes nothing. Missing indexes are created and the default lifetime is set.
    ///
    /// - Throws: `collectionMismatch` when it exists with another partition path, or an index of that name with other fields;
    ///   `unsupported` naming what the store lacks; `invalidArgument` for a definition that no store can keep, and when two
    ///   documents hold equal values of a new unique index. Then nothing was changed.
    func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError)

    /// Ends the store: calls under way finish, later ones throw `closed`. Closing again does nothing.
    func close() async
}

extension DocumentStore {
    /// Writes a document under a key.
    ///
    /// - Parameters:
    ///   - document: the body, stored as it is.
    ///   - key: where.
    ///   - condition: when; by default always.
    ///   - lifetime: how long it lives; by default as the collection says.
    public func write(
        _ document: Document,
        to key: DocumentKey,
        condition: WriteCondition = .upsert,
        lifetime: Lifetime = .collectionDefault
    ) async throws(StoreError) -> WriteOutcome {
        try await write(DocumentWrite(.put(document, condition), key: key, lifetime: lifetime))
    }

    /// Changes parts of a document that exists. See ``PatchOperation``.
    public func patch(
        _ key: DocumentKey,
        _ operations: [PatchOperation],
        ifMatches tag: ETag? = nil
    ) async throws(StoreError) -> WriteOutcome {
        try await write(DocumentWrite(.patch(operations, ifMatches: tag), key: key))
    }

    /// Deletes a document that exists.
    public func delete(_ key: DocumentKey, ifMatches tag: ETag? = nil) async throws(StoreError) -> WriteOutcome {
        try await write(DocumentWrite(.delete(ifMatches: tag), key: key))
    }

    /// Applies many writes, every one of them attempted. See ``writeBatch(_:order:)``.
    public func writeBatch(_ writes: [DocumentWrite]) async throws(StoreError) -> [WriteOutcome] {
        try await writeBatch(writes, order: .unordered)
    }

    /// How many documents a collection holds.
    public func count(_ collection: CollectionName) async throws(StoreError) -> Int {
        try await count(collection, partition: nil, where: .all)
    }
}
