extension ControlStore {
    /// Creates the route of a tenant that has none: to its home, or to where it is from a time without a router.
    ///
    /// - Throws: `controlStoreBehind` when a store was fenced for the tenant under a route: then there was one, and it is lost;
    ///   `invalidConfiguration` when the tenant is in use in two stores; `unavailable` when another process has created a route
    ///   that cannot be read yet.
    func establishRoute(
        of tenant: TenantID,
        home: StoreID,
        stores: StoreRegistry
    ) async throws(StoreError) {
        var found: (store: StoreID, number: Int64)?
        for store in stores.all where !Mutant.newTenantIsAlwaysHome.isOn {
            // A follower is a copy: it says nothing about where the tenant lives.
            guard let head = try await store.head(tenant: tenant, epoch: .maintenance), head.fence.role != .follower
            else {
                continue
            }
            // Another process may have created the route since it was looked for, and written under it already.
            if head.fence.epoch.route != Epoch.unrouted.route, try await newerRoute(of: tenant, than: nil) != nil {
                return
            }
            let context = StoreError.Context(store: store.id, tenant: tenant, fence: head.fence)
            guard head.fence.epoch.route == Epoch.unrouted.route, head.fence.role == .open else {
                throw StoreError(
                    .controlStoreBehind,
                    "The tenant has no route, and a store was fenced for it under one: the control store lost it. Run diagnose, then repairRoute.",
                    context: context
                )
            }
            guard found == nil else {
                throw StoreError(
                    .invalidConfiguration,
                    "The tenant is in use in two stores and has no route; purge the one that is not needed.",
                    context: context
                )
            }
            found = (store.id, head.fence.epoch.number)
        }
        let route = Route(
            tenant: tenant,
            id: RouteID(from: random),
            active: found?.store ?? home,
            number: (found?.number ?? 0) + 1
        )
        // When another process was first, its route counts, and the cache is filled by reading it.
        guard try await insert(route) == nil, try await newerRoute(of: tenant, than: nil) == nil else { return }
        throw StoreError(
            .unavailable,
            "Another process has created the tenant's route, and the control store does not show it yet; try again.",
            context: .init(store: documents.id, tenant: tenant)
        )
    }

    /// Reads a tenant's route until it is another one than is known, a few times and a little later each time: where reads may
    /// be stale, what was written a moment ago does not show at once.
    ///
    /// - Parameters:
    ///   - tenant: whose route.
    ///   - number: the epoch of the route that is known; `nil` when none is.
    /// - Returns: the other route; `nil` when there is none for good.
    func newerRoute(of tenant: TenantID, than number: Int64?) async throws(StoreError) -> Versioned<Route>? {
        for attempt in 0..<8 {
            if attempt > 0 { try await timeline.sleep(for: .milliseconds(25 * attempt)) }
            if let route = try await route(of: tenant), route.value.number != number { return route }
        }
        return nil
    }
}
