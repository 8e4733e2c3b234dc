extension MigrationCoordinator {
    /// A page of the events that a forced cutover left behind: they are in the old store only, in log order.
    ///
    /// Read them all before ``repairBranch(of:reason:)``, which removes them; append those that are still wanted through a router,
    /// as new events.
    ///
    /// - Parameters:
    ///   - tenant: the tenant.
    ///   - position: the last position of the page before; 0 for the first page.
    ///   - limit: the most events of the page.
    /// - Returns: the page; empty at the end, and when nothing was left behind.
    /// - Throws: `unregisteredStore`, `store`, `cancelled`.
    public func eventsLeftBehind(
        of tenant: TenantID,
        after position: Int64 = 0,
        limit: Int = 500
    ) async throws(CutoverError) -> [StoredEvent] {
        try await wrapping(tenant) { () async throws(StoreError) in
            guard let branch = try await control.route(of: tenant)?.value.branch else { return [] }
            return try await stores.store(branch.store).readLog(
                tenant: tenant,
                after: max(position, branch.place.position),
                limit: limit,
                epoch: .maintenance
            )
        }
    }

    /// Makes the store that a forced cutover left a beginning of the active log again, so that the tenant can move anew.
    ///
    /// The events that were left behind are removed there; see ``eventsLeftBehind(of:after:limit:)``. Harmless when there is
    /// nothing to repair, and when it is repeated after a crash.
    ///
    /// - Returns: how many events were removed from the old store.
    /// - Throws: `store` with `unsupported` when that store cannot rewrite a log; `unregisteredStore`, `fenced`, `cancelled`.
    @discardableResult
    public func repairBranch(of tenant: TenantID, reason: String) async throws(CutoverError) -> Int64 {
        let route = try await wrapping(tenant) { () async throws(StoreError) in
            try await control.route(of: tenant)?.value
        }
        guard let route, let branch = route.branch else { return 0 }
        let removed = try await wrapping(tenant) { () async throws(StoreError) -> Int64 in
            guard let old = try stores.store(branch.store) as? any RepairableEventStore else {
                throw StoreError(
                    .unsupported,
                    "The old store cannot rewrite a log; remove what is behind position \(branch.place.position) by its own means.",
                    context: .init(store: branch.store, tenant: tenant, position: branch.place.position)
                )
            }
            guard let head = try await old.head(tenant: tenant, epoch: .maintenance) else { return 0 }
            let active = try stores.store(route.active)
            if try await active.checkpoint(tenant: tenant, at: head.position, epoch: .maintenance) == head.checkpoint {
                // An earlier repair came this far and could not say so.
                return 0
            }
            _ = try await old.replaceLog(
                tenant: tenant,
                after: branch.place,
                with: [],
                expecting: head.checkpoint,
                epoch: route.epoch
            )
            return head.position - branch.place.position
        }
        let changed = try await control.change(tenant, by: author(reason), against: stores) {
            current throws(CutoverError) in
            current.branch == branch ? .clearBranch : nil
        }
        await settled(changed)
        return removed
    }
}
