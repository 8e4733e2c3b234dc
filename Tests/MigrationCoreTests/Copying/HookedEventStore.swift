import InMemoryAdapter
import MigrationCore

/// An in-memory event store with faults before and after its calls, and rows that somebody damaged behind its back.
final class HookedEventStore: RepairableEventStore {
    /// What happens to one call.
    enum Fault: Sendable {
        /// The call fails and nothing is applied.
        case before(StoreError)
        /// The call is applied and its reply is lost.
        case after(StoreError)
        /// Something else happens first.
        case meanwhile(@Sendable (InMemoryEventStore) async throws(StoreError) -> Void)
    }

    /// Rows changed with plain SQL, as it were: digests, heads and all other rows stay as they are.
    struct Damage: Sendable {
        var removed: Set<Int64> = []
        var replaced: [Int64: StoredEvent] = [:]
        var extra: [StoredEvent] = []

        func applied(to log: [StoredEvent]) -> [StoredEvent] {
            let left = log.filter { !removed.contains($0.position) }.map { replaced[$0.position] ?? $0 }
            return (left + extra).sorted { $0.position < $1.position }
        }
    }

    let base: InMemoryEventStore
    private let state: Locked<State>

    private struct State {
        var offerFaults: [Int: Fault] = [:]
        var readFaults: [Int: Fault] = [:]
        var appendErrors: [StoreError] = []
        var raiseFault: Fault?
        var damage: [TenantID: Damage] = [:]
        var offers: [[StoredEvent]] = []
        var reads = 0
    }

    init(_ base: InMemoryEventStore) {
        self.base = base
        state = Locked(State())
    }

    /// What happens to the n-th offer or read of the log, counted from 1.
    func set(offers: [Int: Fault] = [:], reads: [Int: Fault] = [:]) {
        state.withLock {
            $0.offerFaults = offers
            $0.readFaults = reads
        }
    }

    /// The next append fails and nothing is applied.
    func refuseAppend(with error: StoreError) { state.withLock { $0.appendErrors.append(error) } }

    /// What happens to the next raise of a fence.
    func set(raise: Fault) { state.withLock { $0.raiseFault = raise } }

    func damage(_ tenant: TenantID, _ change: (inout Damage) -> Void) {
        state.withLock { change(&$0.damage[tenant, default: Damage()]) }
    }

    /// The offers that were attempted.
    var offers: [[StoredEvent]] { state.withLock { $0.offers } }
    /// How many pages of the log were asked for.
    var reads: Int { state.withLock { $0.reads } }

    var id: StoreID { base.id }
    var capabilities: EventStoreCapabilities { base.capabilities }

    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        let fault = state.withLock { state in
            state.offers.append(events)
            return state.offerFaults[state.offers.count]
        }
        try await before(fault)
        let outcome = try await base.offer(events, tenant: tenant, after: checkpoint, epoch: epoch)
        if case .after(let error) = fault { throw error }
        return outcome
    }

    func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        let (fault, damage) = state.withLock { state in
            state.reads += 1
            return (state.readFaults[state.reads], state.damage[tenant])
        }
        try await before(fault)
        guard let damage else {
            return try await base.readLog(tenant: tenant, after: position, limit: limit, epoch: epoch)
        }
        return Array(damage.applied(to: base.events(of: tenant)).filter { $0.position > position }.prefix(limit))
    }

    private func before(_ fault: Fault?) async throws(StoreError) {
        switch fault {
        case .before(let error): throw error
        case .meanwhile(let action): try await action(base)
        case .after, nil: break
        }
    }

    func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting head: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        let result = try await base.replaceLog(
            tenant: tenant,
            after: checkpoint,
            with: events,
            expecting: head,
            epoch: epoch
        )
        // The rows behind the checkpoint are written anew, so their damage is gone.
        damage(tenant) { damage in
            damage.removed = damage.removed.filter { $0 <= checkpoint.position }
            damage.replaced = damage.replaced.filter { $0.key <= checkpoint.position }
            damage.extra.removeAll { $0.position > checkpoint.position }
        }
        return result
    }

    @discardableResult
    func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await base.purge(tenant: tenant, fence: fence)
    }

    @discardableResult
    func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await base.prepare(tenant: tenant, fence: fence)
    }

    @discardableResult
    func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        let fault = state.withLock { state in
            defer { state.raiseFault = nil }
            return state.raiseFault
        }
        try await before(fault)
        return try await base.raiseFence(tenant: tenant, to: fence)
    }

    func append(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) async throws(StoreError) -> AppendResult {
        if let error = state.withLock({ $0.appendErrors.popLast() }) { throw error }
        return try await base.append(parts, tenant: tenant, epoch: epoch)
    }

    func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await base.readStream(stream, tenant: tenant, from: start, limit: limit, epoch: epoch)
    }

    func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await base.head(tenant: tenant, epoch: epoch)
    }

    func checkpoint(tenant: TenantID, at position: Int64, epoch: Epoch) async throws(StoreError) -> LogCheckpoint? {
        try await base.checkpoint(tenant: tenant, at: position, epoch: epoch)
    }

    func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await base.streamVersion(stream, tenant: tenant, epoch: epoch)
    }

    func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await base.contains(event, tenant: tenant, epoch: epoch)
    }

    func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await base.tenants(after: tenant, limit: limit)
    }

    func waitForEvents(tenant: TenantID, after position: Int64, upTo patience: Duration) async throws(StoreError) {
        try await base.waitForEvents(tenant: tenant, after: position, upTo: patience)
    }

    func close() async { await base.close() }
}
