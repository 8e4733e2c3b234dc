/// An event store behind a fence: what event adapters implement.
///
/// Each call carries the ``Epoch`` that its caller believes in. The store compares it with the tenant's ``Fence`` in the same
/// atomic step that applies the call; ``Fence/admitsAppend(_:)`` and its siblings decide, so that all stores decide alike.
///
/// **What a conformer guarantees**, and `EventStoreConformance` checks:
/// - A position is allocated in the atomic step that stores the event, so positions have no gaps and never fill later.
/// - Once ``raiseFence(tenant:to:)`` has returned, no append with a smaller epoch commits, wherever it started, whatever stalled it.
/// - The log is chained (``LogDigest``), and head, events, versions and fence change together or not at all.
/// - Only ``prepare(tenant:fence:)`` creates a head. A head is never removed.
/// - An acknowledged append is as durable as ``EventStoreCapabilities/durability`` says.
public protocol FencedEventStore: Sendable {
    /// The name under which the store is registered.
    var id: StoreID { get }

    /// What the store can hold.
    var capabilities: EventStoreCapabilities { get }

    /// Creates the tenant's head with this fence, or raises the fence of the head that is there.
    ///
    /// Calling it again with the same fence changes nothing.
    ///
    /// - Returns: the head after it.
    /// - Throws: `fenced` when the fence there is higher, `epochConflict` when it has the same epoch and differs.
    @discardableResult
    func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead

    /// Raises the fence: one unconditional, monotone update that busy writers cannot starve.
    ///
    /// - Returns: the head, which no smaller epoch can change any more.
    /// - Throws: `tenantNotPrepared`; `fenced` when the fence there is higher; `epochConflict` when it has the same epoch and differs.
    @discardableResult
    func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead

    /// Appends events of the application; see ``EventStore/append(_:tenant:)``. A higher epoch raises the fence and opens the store.
    func append(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) async throws(StoreError) -> AppendResult

    /// Offers events that the active store has acknowledged, right after a checkpoint.
    ///
    /// `events` are contiguous and begin at `checkpoint.position + 1`. If the head is at the checkpoint, they go in; if it is
    /// further, those that are missing go in and the others must be there already; if it is behind, nothing happens.
    /// Positions, versions, ids and times are kept, and each event's own ``StoredEvent/digest`` must be what the chain gives.
    ///
    /// - Throws: `logDiverged` with the position when the log there differs from what is offered; `storeIsActive`, `fenced`,
    ///   `epochConflict`, `tenantNotPrepared`; `emptyBatch`; `invalidArgument` when `events` are not contiguous.
    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome

    /// A page of one stream; see ``EventStore/readStream(_:tenant:from:limit:)``. Empty for a tenant without a head.
    func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent]

    /// A page of a tenant's log; see ``EventStore/readLog(tenant:after:limit:)``. Empty for a tenant without a head.
    func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent]

    /// The end of a tenant's log; `nil` for a tenant without a head.
    func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead?

    /// The place at a position; `nil` when the log is shorter. Position 0 is ``LogCheckpoint/beginning``.
    func checkpoint(tenant: TenantID, at position: Int64, epoch: Epoch) async throws(StoreError) -> LogCheckpoint?

    /// The version of a stream's last event; 0 when it has none.
    func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64

    /// Whether the tenant's log has an event with this id.
    func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool

    /// The tenants that have a head, ordered by their UTF-8 bytes, after one of them.
    func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID]

    /// Returns when the log is longer than `position`, when the fence changes, or after `patience`, whichever is first.
    ///
    /// It may return early without cause; the caller reads again.
    func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError)

    /// Ends the store: calls under way finish, later ones throw `closed`. Closing again does nothing.
    func close() async
}

/// How an offer ended.
public enum OfferOutcome: Sendable, Hashable {
    /// The log holds all offered events; `appended` of them came with this call.
    case applied(TenantHead, appended: Int)
    /// The log ends before the checkpoint, so nothing was done; the copier brings what is between.
    case behind(TenantHead)
}

/// The privileged role of a repair: rewriting the log of a store that is not active for the tenant.
public protocol RepairableEventStore: FencedEventStore {
    /// Removes the events after a checkpoint and puts others in their place, in one atomic step.
    ///
    /// - Parameters:
    ///   - tenant: whose log.
    ///   - checkpoint: the last place that stays; the log must have this digest there.
    ///   - events: what follows it, contiguous, possibly empty; later ones are offered with ``FencedEventStore/offer(_:tenant:after:epoch:)``.
    ///   - head: the place at which the log must end now.
    ///   - epoch: the caller's epoch.
    /// - Returns: the head after it.
    /// - Throws: `storeIsActive` on the active store; `logDiverged` when the log does not end at `head`, differs at
    ///   `checkpoint`, or when an event's own digest is not what the chain gives; `fenced`, `epochConflict`,
    ///   `tenantNotPrepared`; `invalidArgument` when `events` are not contiguous. Then nothing was changed.
    func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting head: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead

    /// Removes all events of a tenant and keeps its head, empty, under a fence that is raised in the same step.
    ///
    /// Purging again with the same fence is harmless.
    ///
    /// - Throws: `storeIsActive` when the store is open for the tenant; `invalidArgument` when the new fence's role is `open`;
    ///   and as ``FencedEventStore/raiseFence(tenant:to:)``.
    @discardableResult
    func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead
}

/// What an event store can hold. A plan compares those of both stores before it starts.
public struct EventStoreCapabilities: Sendable, Hashable {
    /// The largest event, in bytes of its canonical form.
    public var maximumEventBytes: Int
    /// The most events of one append or offer.
    public var maximumAppendEvents: Int
    /// The most bytes of one append or offer, in canonical form.
    public var maximumAppendBytes: Int
    /// What an acknowledged append survives.
    public var durability: DocumentStoreCapabilities.Durability

    /// Makes a description of a store.
    public init(
        maximumEventBytes: Int,
        maximumAppendEvents: Int,
        maximumAppendBytes: Int,
        durability: DocumentStoreCapabilities.Durability
    ) {
        self.maximumEventBytes = maximumEventBytes
        self.maximumAppendEvents = maximumAppendEvents
        self.maximumAppendBytes = maximumAppendBytes
        self.durability = durability
    }
}
