public import MigrationCore

/// An event store that lives in memory: the reference for every promise, and the store for test suites of applications.
///
/// It starts empty, needs no set-up and is gone with its last reference. One lock makes every call one atomic step, so a
/// call neither suspends nor hops, except for ``waitForEvents(tenant:after:upTo:)``. An application without a router uses
/// it through `unrouted()`:
///
/// ```swift
/// let events = InMemoryEventStore().unrouted()
/// try await events.append([NewEvent(type: "Opened", occurredAt: .now(), payload: [:])], to: "account-1", tenant: "ada")
/// ```
///
/// A test fills it with ``seed(_:to:tenant:)`` and looks into it with ``events(of:)``, without `await` and past any fence.
public final class InMemoryEventStore: RepairableEventStore {
    public let id: StoreID
    public let capabilities: EventStoreCapabilities

    let state = Locked(EventState())
    let now: @Sendable () -> WallTime
    let clock: any Clock<Duration>

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - id: the name under which it is registered.
    ///   - capabilities: its limits; set smaller ones to stand in for another store.
    ///   - now: the wall clock that sets `StoredEvent.recordedAt` where an event has none.
    ///   - clock: the clock that times the waiting for events.
    public init(
        id: StoreID = "memory",
        capabilities: EventStoreCapabilities = .inMemory,
        now: @escaping @Sendable () -> WallTime = { .now() },
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.id = id
        self.capabilities = capabilities
        self.now = now
        self.clock = clock
    }

    public func append(
        _ parts: [StreamAppend],
        tenant: TenantID,
        epoch: Epoch
    ) async throws(StoreError) -> AppendResult {
        try Refusals.checkCancellation(id)
        return try appendNow(parts, tenant: tenant, epoch: epoch)
    }

    public func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        try Refusals.checkCancellation(id)
        try id.naming { () throws(StoreError) in
            try EventRules.check(offered: events, after: checkpoint, capabilities: capabilities)
        }
        return try change(tenant) { (log) throws(StoreError) in
            let plan = try OfferPlan.decide(
                events,
                after: checkpoint,
                head: log?.head,
                tenant: tenant,
                epoch: epoch,
                store: id,
                capabilities: capabilities,
                digest: { log?.checkpoint(at: $0)?.digest ?? .empty }
            )
            switch plan {
            case .append(let missing, let head):
                try log?.checkPlaces(of: missing, tenant: tenant, store: id)
                log?.append(missing, head: head)
                return .applied(head, appended: missing.count)
            case .alreadyThere(let head):
                log?.append([], head: head)
                return .applied(head, appended: 0)
            case .behind(let head):
                log?.append([], head: head)
                return .behind(head)
            }
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

extension InMemoryEventStore {
    func appendNow(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) throws(StoreError) -> AppendResult {
        try id.naming { () throws(StoreError) in try EventRules.check(parts, capabilities: capabilities) }
        let now = now()
        return try change(tenant) { (log) throws(StoreError) in
            let plan = try AppendPlan.decide(
                parts,
                head: log?.head,
                tenant: tenant,
                epoch: epoch,
                store: id,
                now: now,
                capabilities: capabilities,
                version: { log?.version(of: $0) ?? 0 },
                existing: { log?.event(withID: $0) }
            )
            switch plan {
            case .append(let events, let head, let result):
                log?.append(events, head: head)
                return result
            case .alreadyThere(let head, let result):
                log?.append([], head: head)
                return result
            }
        }
    }

    /// Changes one tenant's log in one atomic step, then calls those who wait for its events.
    func change<Result: Sendable>(
        _ tenant: TenantID,
        _ body: (inout TenantLog?) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try changeState(waking: tenant) { (state) throws(StoreError) in try body(&state[tenant]) }
    }

    func changeState<Result: Sendable>(
        waking tenant: TenantID,
        _ body: (inout EventState) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let (result, waiters) = try state.withLock { (state) throws(StoreError) in
            guard !state.isClosed else { throw Refusals.closed(id) }
            let result = try body(&state)
            return (result, state.waiting.call(tenant))
        }
        for waiter in waiters { waiter.resume() }
        return result
    }
}

extension EventStoreCapabilities {
    /// What an ``InMemoryEventStore`` holds: events of 16 MiB, steps of 10,000 events and 32 MiB, for as long as the process lives.
    public static let inMemory = EventStoreCapabilities(
        maximumEventBytes: 16 << 20,
        maximumAppendEvents: 10_000,
        maximumAppendBytes: 32 << 20,
        durability: .process
    )
}
