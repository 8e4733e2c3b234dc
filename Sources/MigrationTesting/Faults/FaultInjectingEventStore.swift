public import MigrationCore

/// Any event store behind a network that loses, delays, repeats and refuses calls.
///
/// A lost reply of an append is `outcomeUnknown`, although the events are there. The store keeps the wrapped one's id.
public struct FaultInjectingEventStore: RepairableEventStore {
    private let store: any FencedEventStore
    /// What strikes the calls.
    public let injector: FaultInjector

    /// Wraps a store; delays pass on the clock.
    public init(_ store: any FencedEventStore, failing plan: FaultPlan, clock: any Clock<Duration> = ContinuousClock())
    {
        self.init(store, injector: FaultInjector(plan, clock: clock))
    }

    /// Wraps a store behind an injector that the caller keeps.
    public init(_ store: any FencedEventStore, injector: FaultInjector) {
        self.store = store
        self.injector = injector
    }

    public var id: StoreID { store.id }
    public var capabilities: EventStoreCapabilities { store.capabilities }

    @discardableResult
    public func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await injector.change(id) { () async throws(StoreError) in
            try await store.prepare(tenant: tenant, fence: fence)
        }
    }

    @discardableResult
    public func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try await injector.change(id) { () async throws(StoreError) in
            try await store.raiseFence(tenant: tenant, to: fence)
        }
    }

    public func append(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) async throws(StoreError) -> AppendResult
    {
        try await injector.change(id) { () async throws(StoreError) in
            try await store.append(parts, tenant: tenant, epoch: epoch)
        }
    }

    public func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        try await injector.change(id) { () async throws(StoreError) in
            try await store.offer(events, tenant: tenant, after: checkpoint, epoch: epoch)
        }
    }

    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.readStream(stream, tenant: tenant, from: start, limit: limit, epoch: epoch)
        }
    }

    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.readLog(tenant: tenant, after: position, limit: limit, epoch: epoch)
        }
    }

    public func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.head(tenant: tenant, epoch: epoch)
        }
    }

    public func checkpoint(
        tenant: TenantID,
        at position: Int64,
        epoch: Epoch
    ) async throws(StoreError) -> LogCheckpoint? {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.checkpoint(tenant: tenant, at: position, epoch: epoch)
        }
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.streamVersion(stream, tenant: tenant, epoch: epoch)
        }
    }

    public func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.contains(event, tenant: tenant, epoch: epoch)
        }
    }

    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.tenants(after: tenant, limit: limit)
        }
    }

    public func waitForEvents(tenant: TenantID, after position: Int64, upTo patience: Duration) async throws(StoreError)
    {
        try await injector.read(id) { () async throws(StoreError) in
            try await store.waitForEvents(tenant: tenant, after: position, upTo: patience)
        }
    }

    /// As the wrapped store does it; throws `unsupported` when that store is not repairable.
    public func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting head: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        let store = try repairable()
        return try await injector.change(id) { () async throws(StoreError) in
            try await store.replaceLog(tenant: tenant, after: checkpoint, with: events, expecting: head, epoch: epoch)
        }
    }

    /// As the wrapped store does it; throws `unsupported` when that store is not repairable.
    @discardableResult
    public func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        let store = try repairable()
        return try await injector.change(id) { () async throws(StoreError) in
            try await store.purge(tenant: tenant, fence: fence)
        }
    }

    public func close() async { await store.close() }

    private func repairable() throws(StoreError) -> any RepairableEventStore {
        guard let store = store as? any RepairableEventStore else {
            throw StoreError(.unsupported, "The wrapped store cannot replace or purge logs.", context: .init(store: id))
        }
        return store
    }
}
