import InMemoryAdapter
import MigrationCore

/// An in-memory event store with faults before and after its calls, and rows that somebody damaged behind its back.
final class HookedEventStore: RepairableEventStore, ForwardingEventStore {
    /// What happens to one call.
    enum Fault: Sendable {
        /// The call fails and nothing is applied.
        case before(StoreError)
        /// The call is applied and its reply is lost.
        case after(StoreError)
        /// Something else happens first.
        case meanwhile(@Sendable (InMemoryEventStore) async throws(StoreError) -> Void)
        /// The call is applied, and something else happens before its reply.
        case beforeReply(@Sendable (InMemoryEventStore) async throws(StoreError) -> Void)
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
        var appendFaults: [Int: Fault] = [:]
        var raiseFaults: [Int: Fault] = [:]
        var everyOfferFails: StoreError?
        var appends = 0
        var raises = 0
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

    /// What happens to the next append.
    func onNextAppend(_ fault: Fault) { state.withLock { $0.appendFaults[$0.appends + 1] = fault } }

    /// What happens the next time that the fence is raised.
    func onNextRaise(_ fault: Fault) { state.withLock { $0.raiseFaults[$0.raises + 1] = fault } }

    /// What happens to the next offer.
    func onNextOffer(_ fault: Fault) { state.withLock { $0.offerFaults[$0.offers.count + 1] = fault } }

    /// The store takes no offer from now on, or does again.
    func failOffers(with error: StoreError?) { state.withLock { $0.everyOfferFails = error } }

    func damage(_ tenant: TenantID, _ change: (inout Damage) -> Void) {
        state.withLock { change(&$0.damage[tenant, default: Damage()]) }
    }

    /// The offers that were attempted.
    var offers: [[StoredEvent]] { state.withLock { $0.offers } }
    /// How many pages of the log were asked for.
    var reads: Int { state.withLock { $0.reads } }

    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        let fault = state.withLock { state in
            state.offers.append(events)
            return state.everyOfferFails.map { .before($0) } ?? state.offerFaults[state.offers.count]
        }
        try await before(fault)
        let outcome = try await base.offer(events, tenant: tenant, after: checkpoint, epoch: epoch)
        try await after(fault)
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
        case .after, .beforeReply, nil: break
        }
    }

    private func after(_ fault: Fault?) async throws(StoreError) {
        switch fault {
        case .after(let error): throw error
        case .beforeReply(let action): try await action(base)
        case .before, .meanwhile, nil: break
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
            state.raises += 1
            return state.raiseFaults[state.raises]
        }
        try await before(fault)
        let head = try await base.raiseFence(tenant: tenant, to: fence)
        try await after(fault)
        return head
    }

    func append(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) async throws(StoreError) -> AppendResult {
        let fault = state.withLock { state in
            state.appends += 1
            return state.appendFaults[state.appends]
        }
        try await before(fault)
        let result = try await base.append(parts, tenant: tenant, epoch: epoch)
        try await after(fault)
        return result
    }
}
