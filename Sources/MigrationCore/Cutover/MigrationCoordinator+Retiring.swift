extension MigrationCoordinator {
    /// Takes the targets of aborted migrations out of use: no offer under an older epoch goes in any more.
    ///
    /// Every step may be repeated, so a crash between two of them loses nothing. A note is taken out of the route without a new
    /// epoch, since it changes nothing that calls rely on.
    func retire(_ route: Versioned<Route>) async throws(StoreError) {
        var route = route
        while let retirement = route.value.retirements.first, route.value.state != .cutover {
            if retirement.store != route.value.active { try await retire(retirement, of: route.value) }
            var done = route.value
            done.retirements.removeAll { $0 == retirement }
            if let written = try await control.replace(route, with: done) {
                route = written
            } else if let current = try await control.route(of: route.value.tenant) {
                route = current
            } else {
                return
            }
        }
    }

    private func retire(_ retirement: Route.Retirement, of route: Route) async throws(StoreError) {
        if Mutant.abortLeavesTargetOpen.isOn { return }
        let store = try stores.store(retirement.store)
        guard try await store.head(tenant: route.tenant, epoch: .maintenance) != nil else { return }
        let fence = Fence(epoch: route.epoch, role: .closed, successor: route.active)
        do throws(StoreError) {
            // An abandoned cutover may have opened the target, so it is closed before it is emptied under the same fence.
            try await store.raiseFence(tenant: route.tenant, to: fence)
            guard retirement.isPurged else { return }
            guard let repairable = store as? any RepairableEventStore else {
                throw StoreError(
                    .unsupported,
                    "The target cannot remove a tenant's events; remove what was copied by its own means.",
                    context: .init(store: store.id, tenant: route.tenant)
                )
            }
            try await repairable.purge(tenant: route.tenant, fence: fence)
        } catch  where error.code == .fenced {
            // A later migration has raised the fence already; the target is its business now.
        }
    }
}
