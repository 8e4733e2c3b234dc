extension MigrationCoordinator {
    /// Rebuilds a tenant's route from the fences of its stores, after the control store was lost or restored from the past.
    ///
    /// The store with the highest fence decides: when it is open it is the active one. When it is closed, it is either the source
    /// of a cutover that was not decided, and active again, or the target of a migration that was aborted: its successor says
    /// which, for a target follows and an active store never does. The new route is above every fence there is. A migration that
    /// was under way is over; start it again, and the copy goes on from where it was.
    ///
    /// - Returns: the new route; the present one when there is nothing to repair, or somebody else has just repaired it.
    /// - Throws: `state` when a store cannot be asked, or the fences do not tell which store is active.
    public func repairRoute(of tenant: TenantID, reason: String) async throws(CutoverError) -> Route {
        while true {
            let diagnosis = try await diagnose(tenant)
            if let unreachable = diagnosis.findings.first(where: { $0.error != nil }) {
                throw CutoverError(
                    .state,
                    "The store \(unreachable.store) cannot be asked, and it may have the highest fence; make it reachable first.",
                    tenant: tenant,
                    underlying: unreachable.error
                )
            }
            let isBehind = diagnosis.problems.contains { problem in
                if case .controlStoreBehind = problem { true } else { problem == .routeMissing }
            }
            if let route = diagnosis.route, !isBehind { return route }
            guard let active = diagnosis.activeByFences else {
                throw CutoverError(
                    .state,
                    "No store was ever open for the tenant, so its fences do not tell where it lives.",
                    tenant: tenant
                )
            }
            if let route = try await rebuild(diagnosis, active: active, reason: reason) { return route }
        }
    }

    /// Writes the route that a diagnosis calls for; `nil` when the route is no longer the one that was diagnosed.
    private func rebuild(
        _ diagnosis: Diagnosis,
        active: StoreID,
        reason: String
    ) async throws(CutoverError) -> Route? {
        let tenant = diagnosis.tenant
        let highest = diagnosis.findings.compactMap { $0.head?.fence.epoch.number }.max() ?? 0
        return try await wrapping(tenant) { () async throws(StoreError) -> Route? in
            let current = try await control.route(of: tenant)
            // Another repair may have been first, and the tenant may have moved since: then this one would take it back.
            guard current?.value.epoch == diagnosis.route?.epoch else { return nil }
            let rebuilt = (current?.value ?? Route(tenant: tenant, id: RouteID(from: control.random), active: active))
                .rebuilt(active: active, above: highest, by: configuration.actor, reason: reason, at: now())
            let written =
                if let current {
                    try await control.replace(current, with: rebuilt)
                } else {
                    try await control.insert(rebuilt)
                }
            guard let written else { return nil }
            do throws(StoreError) {
                try await stores.store(active).raiseFence(
                    tenant: tenant,
                    to: Fence(epoch: rebuilt.epoch, role: .open)
                )
            } catch  where error.code == .fenced {
                // The route is in use already, and has gone on to a higher epoch.
            }
            return await settled(written).value
        }
    }
}

extension Diagnosis {
    /// The store that is active by what the fences say; `nil` when none was ever open.
    var activeByFences: StoreID? {
        let heads = findings.compactMap { finding in finding.head.map { (store: finding.store, head: $0) } }
        let deciding = heads.filter { $0.head.fence.role != .follower }
            .max { ($0.head.fence.epoch.number, $0.head.position) < ($1.head.fence.epoch.number, $1.head.position) }
        guard let deciding, deciding.head.fence.role == .closed,
            let successor = heads.first(where: { $0.store == deciding.head.fence.successor })
        else { return deciding?.store }
        return successor.head.fence.role == .follower ? deciding.store : successor.store
    }
}

extension Route {
    /// The route that a repair makes of this one: above every fence, with nothing under way.
    func rebuilt(active: StoreID, above number: Int64, by actor: String, reason: String, at time: WallTime) -> Route {
        var route = self
        route.active = active
        route.number = max(self.number, number) + 2
        let migration = move?.migration
        route.move = nil
        route.warm = nil
        // They were asked for before the control store's loss; one of them may be the active store by now.
        route.retirements = []
        route.pending.append(
            AuditEntry(
                tenant: tenant,
                migration: migration,
                number: route.number,
                operation: "repair route",
                state: migration == nil ? nil : .failed,
                source: nil,
                target: nil,
                reverses: nil,
                actor: actor,
                reason: reason,
                at: time
            )
        )
        return route
    }
}
