public import MigrationCore

/// Any document store behind a network that loses, delays, repeats and refuses calls.
///
/// A lost reply of a write ends as `unknown`, although the write was applied. The store keeps the wrapped one's id.
public struct FaultInjectingDocumentStore: ChangeFeed {
    private let store: any DocumentStore
    /// What strikes the calls.
    public let injector: FaultInjector

    /// Wraps a store; delays pass on the clock.
    public init(_ store: any DocumentStore, failing plan: FaultPlan, clock: any Clock<Duration> = ContinuousClock()) {
        self.init(store, injector: FaultInjector(plan, clock: clock))
    }

    /// Wraps a store behind an injector that the caller keeps.
    public init(_ store: any DocumentStore, injector: FaultInjector) {
        self.store = store
        self.injector = injector
    }

    public var id: StoreID { store.id }
    public var capabilities: DocumentStoreCapabilities { store.capabilities }

    public func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        let fault = try await injector.strike(.writes, id)
        let outcome = try await store.write(write)
        switch fault {
        case .afterApply: return .unknown(FaultInjector.lostReply(id))
        case .duplicate: return try await store.write(write)
        default: return outcome
        }
    }

    public func writeBatch(
        _ writes: [DocumentWrite],
        order: BatchOrder
    ) async throws(StoreError) -> [WriteOutcome] {
        switch try await injector.strike(.writes, id) {
        case .partialBatch(let count)? where count < writes.count:
            let applied = count > 0 ? try await store.writeBatch(Array(writes[..<count]), order: order) : []
            return applied + writes[max(0, count)...].map { _ in .unknown(FaultInjector.lostReply(id)) }
        case .afterApply?:
            return try await store.writeBatch(writes, order: order).map { _ in .unknown(FaultInjector.lostReply(id)) }
        case .duplicate?:
            _ = try await store.writeBatch(writes, order: order)
            return try await store.writeBatch(writes, order: order)
        default: return try await store.writeBatch(writes, order: order)
        }
    }

    public func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        let fault = try await injector.strike(.writes, id)
        let outcome = try await store.transact(writes)
        switch fault {
        case .afterApply: return .unknown(FaultInjector.lostReply(id))
        case .duplicate: return try await store.transact(writes)
        default: return outcome
        }
    }

    public func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.read(key)
        }
    }

    public func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.readMany(keys)
        }
    }

    public func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.query(query, after: continuation, pageSize: pageSize)
        }
    }

    public func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.count(collection, partition: partition, where: filter)
        }
    }

    public func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.scan(range, after: continuation, pageSize: pageSize)
        }
    }

    public func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.scanRanges(of: collection, maximumCount: maximumCount)
        }
    }

    public func collections() async throws(StoreError) -> [CollectionDefinition] {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.collections()
        }
    }

    public func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await injector.change(id) { () async throws(StoreError) in
            try await store.ensureCollection(definition)
        }
    }

    /// As the wrapped store does it; throws `unsupported` when that store has no change feed.
    public func changes(
        in collection: CollectionName,
        from start: ChangeFeedStart,
        limit: Int,
        waitingUpTo patience: Duration
    ) async throws(StoreError) -> ChangePage {
        let feed = try feed()
        return try await injector.read(id) { () async throws(StoreError) in
            try await feed.changes(in: collection, from: start, limit: limit, waitingUpTo: patience)
        }
    }

    /// As the wrapped store does it; throws `unsupported` when that store has no change feed.
    public func currentContinuation(in collection: CollectionName) async throws(StoreError) -> Continuation {
        let feed = try feed()
        return try await injector.read(id) { () async throws(StoreError) in
            try await feed.currentContinuation(in: collection)
        }
    }

    public func close() async { await store.close() }

    private func feed() throws(StoreError) -> any ChangeFeed {
        guard let feed = store as? any ChangeFeed else {
            throw StoreError(.unsupported, "The wrapped store has no change feed.", context: .init(store: id))
        }
        return feed
    }
}
