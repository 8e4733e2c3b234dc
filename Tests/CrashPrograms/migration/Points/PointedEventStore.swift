import MigrationCore

/// An event store whose changes are steps with points: `append`, `offer`, `prepare`, `purge`, `replace`, and the raise of a
/// fence by its role: `open`, `close` and `follow`.
struct PointedEventStore<Store: RepairableEventStore>: RepairableEventStore {
    let store: Store
    /// The name of the store's file; `nil` for a store on a server.
    let file: String?

    var id: StoreID { store.id }
    var capabilities: EventStoreCapabilities { store.capabilities }

    private func step<Result>(
        _ step: String,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await CrashPoints.shared.step(step, on: file, body)
    }

    func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await step("prepare") { () async throws(StoreError) in try await store.prepare(tenant: tenant, fence: fence)
        }
    }

    func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        let name =
            switch fence.role {
            case .open: "open"
            case .closed: "close"
            case .follower: "follow"
            }
        return try await step(name) { () async throws(StoreError) in
            try await store.raiseFence(tenant: tenant, to: fence)
        }
    }

    func append(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) async throws(StoreError) -> AppendResult {
        try await step("append") { () async throws(StoreError) in
            try await store.append(parts, tenant: tenant, epoch: epoch)
        }
    }

    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        try await step("offer") { () async throws(StoreError) in
            try await store.offer(events, tenant: tenant, after: checkpoint, epoch: epoch)
        }
    }

    func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting head: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        try await step("replace") { () async throws(StoreError) in
            try await store.replaceLog(tenant: tenant, after: checkpoint, with: events, expecting: head, epoch: epoch)
        }
    }

    func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await step("purge") { () async throws(StoreError) in try await store.purge(tenant: tenant, fence: fence) }
    }

    // MARK: Reads have no points

    func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await store.readStream(stream, tenant: tenant, from: start, limit: limit, epoch: epoch)
    }

    func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await store.readLog(tenant: tenant, after: position, limit: limit, epoch: epoch)
    }

    func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await store.head(tenant: tenant, epoch: epoch)
    }

    func checkpoint(tenant: TenantID, at position: Int64, epoch: Epoch) async throws(StoreError) -> LogCheckpoint? {
        try await store.checkpoint(tenant: tenant, at: position, epoch: epoch)
    }

    func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await store.streamVersion(stream, tenant: tenant, epoch: epoch)
    }

    func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await store.contains(event, tenant: tenant, epoch: epoch)
    }

    func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await store.tenants(after: tenant, limit: limit)
    }

    func waitForEvents(tenant: TenantID, after position: Int64, upTo patience: Duration) async throws(StoreError) {
        try await store.waitForEvents(tenant: tenant, after: position, upTo: patience)
    }

    func close() async { await store.close() }
}
