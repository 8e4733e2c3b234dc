/// One tenant's log behind a router: it goes on at the same place of the new store when the tenant has moved.
final class RoutedSubscriptionSource: EventSubscriptionSource {
    private let router: TenantRouter
    private let tenant: TenantID
    /// The store that answered last.
    private let current = Locked<StoreID?>(nil)

    init(router: TenantRouter, tenant: TenantID) {
        self.router = router
        self.tenant = tenant
    }

    func events(after checkpoint: LogCheckpoint, limit: Int) async throws(StoreError) -> [StoredEvent] {
        try await router.call(tenant) { (store, epoch) async throws(StoreError) in
            if current.withLock({ $0 != store.id }), checkpoint != .beginning {
                let place = try await store.checkpoint(tenant: tenant, at: checkpoint.position, epoch: epoch)
                guard place == checkpoint else {
                    throw StoreError(
                        .logDiverged,
                        "The tenant has moved to a store whose log differs at the subscription's place; begin again from a place both share.",
                        context: .init(store: store.id, tenant: tenant, position: checkpoint.position)
                    )
                }
            }
            var place = checkpoint.position
            if Mutant.subscriptionSkipsAtTheMove.isOn, current.withLock({ $0 != nil && $0 != store.id }) { place += 1 }
            let events = try await store.readLog(tenant: tenant, after: place, limit: limit, epoch: epoch)
            current.withLock { $0 = store.id }
            return events
        }
    }

    func checkpoint(at position: Int64) async throws(StoreError) -> LogCheckpoint? {
        try await router.call(tenant) { (store, epoch) async throws(StoreError) in
            try await store.checkpoint(tenant: tenant, at: position, epoch: epoch)
        }
    }

    func wait(after position: Int64, upTo patience: Duration) async throws(StoreError) {
        // Never longer than a route may be trusted: the tenant may move while nothing happens in the store it leaves.
        let patience = min(patience, max(router.configuration.maximumRouteAge, .milliseconds(10)))
        try await router.call(tenant) { (store, _) async throws(StoreError) in
            try await store.waitForEvents(tenant: tenant, after: position, upTo: patience)
        }
    }
}
