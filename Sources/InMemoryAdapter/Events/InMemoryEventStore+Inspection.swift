public import MigrationCore

/// For tests: filling the store and looking into it, without `await` and past every fence. These work on a closed store too,
/// except for seeding.
extension InMemoryEventStore {
    /// Appends events as the application would; a tenant that is new gets a head that is open under `Epoch.unrouted`.
    ///
    /// - Throws: as ``append(_:tenant:epoch:)`` under the epoch of the tenant's own fence, which must be open.
    @discardableResult
    public func seed(
        _ events: [NewEvent],
        to stream: StreamID,
        tenant: TenantID
    ) throws(StoreError) -> AppendResult {
        let epoch = state.withLock { state in
            if state[tenant] == nil { state.prepare(tenant, fence: Fence(epoch: .unrouted, role: .open)) }
            return state[tenant]?.head.fence.epoch ?? .unrouted
        }
        return try appendNow([StreamAppend(stream, events: events)], tenant: tenant, epoch: epoch)
    }

    /// The whole log of a tenant, in order.
    public func events(of tenant: TenantID) -> [StoredEvent] {
        state.withLock { $0[tenant]?.events ?? [] }
    }

    /// All events of one stream, in order.
    public func events(of tenant: TenantID, in stream: StreamID) -> [StoredEvent] {
        state.withLock { $0[tenant]?.page(of: stream, from: .first, limit: .max) ?? [] }
    }

    /// How many events a tenant's log has.
    public func eventCount(of tenant: TenantID) -> Int {
        state.withLock { $0[tenant]?.events.count ?? 0 }
    }

    /// The end of a tenant's log; `nil` when it has none.
    public func head(of tenant: TenantID) -> TenantHead? {
        state.withLock { $0[tenant]?.head }
    }

    /// Every tenant that has a head, ordered by their UTF-8 bytes.
    public var tenants: [TenantID] {
        state.withLock { $0.tenants(after: nil, limit: .max) }
    }

    /// How many calls of ``waitForEvents(tenant:after:upTo:)`` wait now.
    public var waitingCount: Int {
        state.withLock { $0.waiting.count }
    }
}
