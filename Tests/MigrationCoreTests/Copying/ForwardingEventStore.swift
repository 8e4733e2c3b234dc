import MigrationCore

/// A store that hands every call on to another one, for stores in tests that change one call.
protocol ForwardingEventStore: FencedEventStore {
    associatedtype Base: FencedEventStore

    /// The store that answers.
    var base: Base { get }
}

extension ForwardingEventStore {
    var id: StoreID { base.id }
    var capabilities: EventStoreCapabilities { base.capabilities }

    func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await base.head(tenant: tenant, epoch: epoch)
    }

    func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await base.prepare(tenant: tenant, fence: fence)
    }

    func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try await base.raiseFence(tenant: tenant, to: fence)
    }

    func append(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) async throws(StoreError) -> AppendResult {
        try await base.append(parts, tenant: tenant, epoch: epoch)
    }

    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        try await base.offer(events, tenant: tenant, after: checkpoint, epoch: epoch)
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

    func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await base.readLog(tenant: tenant, after: position, limit: limit, epoch: epoch)
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
