public import MigrationCore

/// A document store that lives in memory: the reference for every promise, and the store for test suites of applications.
///
/// It starts empty, needs no set-up and is gone with its last reference. One lock makes every call one atomic step, batches
/// included, so no call suspends or hops, except for one that waits for changes.
///
/// ```swift
/// let store = InMemoryDocumentStore()
/// let key = DocumentKey(collection: "people", id: "ada")
/// try await store.write(["name": "Ada"], to: key)
/// ```
///
/// A test fills it with ``seed(_:at:lifetime:)`` and looks into it with ``documents(in:)``, without `await`. Expired documents
/// are removed by ``purgeExpired(in:limit:)``, when their key is written again, and when the collection has doubled.
public final class InMemoryDocumentStore: DocumentStore {
    public let id: StoreID
    public let capabilities: DocumentStoreCapabilities

    let state: Locked<DocumentState>
    /// Tells this store's continuations from those of another.
    let instance: String
    let now: @Sendable () -> WallTime
    let clock: any Clock<Duration>

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - id: the name under which it is registered.
    ///   - capabilities: what it can do and hold; take something away to stand in for another store.
    ///   - historyLimit: how many changes of each collection the change feed knows, at least 0.
    ///   - now: the wall clock that ends lifetimes.
    ///   - clock: the clock that times the waiting for changes.
    ///   - random: where tags get their prefix from.
    public init(
        id: StoreID = "memory",
        capabilities: DocumentStoreCapabilities = .inMemory,
        historyLimit: Int = 10_000,
        now: @escaping @Sendable () -> WallTime = { .now() },
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system
    ) {
        precondition(historyLimit >= 0, "The history of a change feed cannot be shorter than nothing.")
        let tags = ETagSource(random)
        self.id = id
        self.capabilities = capabilities
        self.instance = tags.prefix
        self.now = now
        self.clock = clock
        self.state = Locked(DocumentState(tags: tags, historyLimit: historyLimit, capabilities: capabilities))
    }

    public func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try Refusals.checkCancellation(id)
        try id.naming { () throws(StoreError) in try DocumentRules.check(key, capabilities: capabilities) }
        let itemKey = ItemKey(key)
        let stored = try state.withLock { (state) throws(StoreError) in
            guard !state.isClosed else { throw Refusals.closed(id) }
            return state.collections[key.collection]?[itemKey]
        }
        guard let stored, stored.expiresAt == nil || !stored.isExpired(at: now()) else { return nil }
        return stored
    }

    public func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        try Refusals.checkCancellation(id)
        for key in keys {
            try id.naming { () throws(StoreError) in try DocumentRules.check(key, capabilities: capabilities) }
        }
        let now = now()
        return try inspect { state in
            keys.map { key in
                state.collections[key.collection]?[ItemKey(key)].flatMap { $0.isExpired(at: now) ? nil : $0 }
            }
        }
    }

    public func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try Refusals.checkCancellation(id)
        return try writeNow(write)
    }

    public func writeBatch(
        _ writes: [DocumentWrite],
        order: BatchOrder
    ) async throws(StoreError) -> [WriteOutcome] {
        try Refusals.checkCancellation(id)
        guard !writes.isEmpty else {
            throw StoreError(
                .emptyBatch,
                "The batch has no writes; do not call the store for it.",
                context: .init(store: id)
            )
        }
        let now = now()
        return try change(Set(writes.map(\.key.collection))) { (state) throws(StoreError) in
            var outcomes: [WriteOutcome] = []
            outcomes.reserveCapacity(writes.count)
            var hasEnded = false
            for write in writes {
                guard !hasEnded else {
                    outcomes.append(.rejected(.skipped))
                    continue
                }
                do throws(StoreError) {
                    outcomes.append(try state.apply(write, now: now))
                } catch {
                    outcomes.append(.rejected(.invalid(error.from(id))))
                }
                hasEnded = order == .ordered && outcomes.last?.isApplied != true
            }
            return outcomes
        }
    }

    public func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        try Refusals.checkCancellation(id)
        try id.naming { () throws(StoreError) in
            try DocumentRules.check(transaction: writes, capabilities: capabilities)
        }
        let now = now()
        return try change([writes[0].key.collection]) { (state) throws(StoreError) in
            try state.transact(writes, now: now)
        }
    }

    public func close() async {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.waiting.callAll()
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension InMemoryDocumentStore {
    func writeNow(_ write: DocumentWrite) throws(StoreError) -> WriteOutcome {
        let now = now()
        return try change(CollectionOfOne(write.key.collection)) { (state) throws(StoreError) in
            try state.apply(write, now: now)
        }
    }

    /// Looks into the open store in one atomic step.
    func inspect<Result: Sendable>(
        _ body: @Sendable (borrowing DocumentState) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try state.withLock { (state) throws(StoreError) in
            guard !state.isClosed else { throw Refusals.closed(id) }
            return try body(state)
        }
    }

    /// Changes collections in one atomic step, then calls those who wait for their changes.
    func change<Result: Sendable>(
        _ collections: some Collection<CollectionName> & Sendable,
        _ body: @Sendable (inout DocumentState) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let (result, waiters) = try id.naming { () throws(StoreError) in
            try state.withLock { (state) throws(StoreError) in
                guard !state.isClosed else { throw Refusals.closed(id) }
                let result = try body(&state)
                guard !state.waiting.isEmpty else { return (result, [WaitingRoom<CollectionName>.Waiter]()) }
                return (result, collections.flatMap { state.waiting.call($0) })
            }
        }
        for waiter in waiters { waiter.resume() }
        return result
    }
}

extension DocumentStoreCapabilities {
    /// What an ``InMemoryDocumentStore`` can do: everything, for as long as the process lives.
    public static let inMemory = DocumentStoreCapabilities(
        maximumTransactionWrites: 10_000,
        createsCollectionsOnWrite: true,
        supportsExpiry: true,
        supportsUniqueIndexes: true,
        changeHistory: .latestVersionsAndDeletes,
        durability: .process
    )
}
