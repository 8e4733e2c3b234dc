/// One event store used without a router, under the fixed epoch ``Epoch/unrouted``.
///
/// Made by ``FencedEventStore/unrouted()``. The first append of a tenant prepares its head. Once a migration has raised the
/// tenant's fence, every call throws `fenced`: go through a router from then on.
public struct UnroutedEventStore: EventStore {
    private let store: any FencedEventStore

    init(_ store: any FencedEventStore) { self.store = store }

    public func append(_ parts: [StreamAppend], tenant: TenantID) async throws(StoreError) -> AppendResult {
        do {
            return try await store.append(parts, tenant: tenant, epoch: .unrouted)
        } catch  where error.code == .tenantNotPrepared {
            // Another process may have prepared the tenant meanwhile: a repeated prepare is harmless, a higher fence is not ours.
            try await store.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: .open))
            return try await store.append(parts, tenant: tenant, epoch: .unrouted)
        }
    }

    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await store.readStream(stream, tenant: tenant, from: start, limit: limit, epoch: .unrouted)
    }

    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await store.readLog(tenant: tenant, after: position, limit: limit, epoch: .unrouted)
    }

    public func head(tenant: TenantID) async throws(StoreError) -> TenantHead? {
        try await store.head(tenant: tenant, epoch: .unrouted)
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID) async throws(StoreError) -> Int64 {
        try await store.streamVersion(stream, tenant: tenant, epoch: .unrouted)
    }

    public func contains(_ event: EventID, tenant: TenantID) async throws(StoreError) -> Bool {
        try await store.contains(event, tenant: tenant, epoch: .unrouted)
    }

    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await store.tenants(after: tenant, limit: limit)
    }

    public func subscribe(tenant: TenantID, after checkpoint: LogCheckpoint, pageSize: Int) -> EventSubscription {
        EventSubscription(
            source: FencedSubscriptionSource(store: store, tenant: tenant, epoch: .unrouted),
            tenant: tenant,
            after: checkpoint,
            pageSize: pageSize
        )
    }
}

extension FencedEventStore {
    /// This store as an ``EventStore`` for an application that has no router.
    public func unrouted() -> UnroutedEventStore { UnroutedEventStore(self) }
}
