extension MigrationCoordinator {
    /// Starts the move of a tenant to another store, from wherever it is now.
    ///
    /// The copy is done by a coordinator that runs, here or elsewhere.
    ///
    /// - Parameters:
    ///   - tenant: who moves.
    ///   - target: where to.
    ///   - source: where the tenant must be now; also its home when it has no route yet. `nil` takes what the route says.
    ///   - reason: why, for the audit log.
    /// - Returns: the migration's id.
    /// - Throws: `state` when another migration is under way or the tenant is elsewhere; `unregisteredStore`; `inconsistent` when
    ///   the target holds something other than a beginning of the source's log; `invalidConfiguration` when a store's
    ///   durability is not enough; see also ``plan(tenant:to:from:progress:)``.
    public func start(
        tenant: TenantID,
        to target: StoreID,
        from source: StoreID? = nil,
        reason: String? = nil
    ) async throws(CutoverError) -> MigrationID {
        try await begin(tenant, from: source, to: target, reverses: nil, reason: reason)
    }

    /// Starts the way back of a migration that is done: a new migration with the stores exchanged.
    ///
    /// When that one has migrated, this one's state becomes `rolled_back` in the same step. It is short when the old store was
    /// kept warm.
    ///
    /// - Returns: the id of the new migration.
    /// - Throws: `state` when the migration has not migrated or the tenant has moved on; and as ``start(tenant:to:from:reason:)``.
    public func rollBack(_ id: MigrationID, reason: String? = nil) async throws(CutoverError) -> MigrationID {
        let record = try await require(id)
        guard record.state == .migrated else {
            throw CutoverError(
                .state,
                "The migration is in \(record.state.rawValue); only one that has migrated is rolled back, others are aborted.",
                tenant: record.tenant,
                state: record.state
            )
        }
        return try await begin(record.tenant, from: record.target, to: record.source, reverses: id, reason: reason)
    }

    /// Stops a copy at the next batch, or a following target. The application goes on with the source. Throws `state`.
    public func pause(_ id: MigrationID, reason: String? = nil) async throws(CutoverError) {
        try await change(require(id), reason: reason, .pause(id))
    }

    /// Goes on where a migration was paused. Throws `state`.
    public func resume(_ id: MigrationID, reason: String? = nil) async throws(CutoverError) {
        try await change(require(id), reason: reason, .resume(id))
    }

    /// Ends a migration where it began, at once, also while its cutover is under way.
    ///
    /// What was copied stays, or is removed with ``Configuration/purgesOnAbort``. That the target is taken out of use is noted in
    /// the route by the same compare-and-swap: when this process cannot do it now, a coordinator that runs does it.
    ///
    /// - Throws: `state` when it has ended already; after `migrated`, use ``rollBack(_:reason:)``; `store` with `unsupported` when
    ///   the target cannot remove what was copied, before anything is changed.
    public func abort(_ id: MigrationID, reason: String) async throws(CutoverError) {
        let record = try await require(id)
        let purges = configuration.purgesOnAbort
        if purges, let target = try? stores.store(record.target), !(target is any RepairableEventStore) {
            throw CutoverError(
                StoreError(
                    .unsupported,
                    "The target cannot remove a tenant's events; abort with purgesOnAbort set to false.",
                    context: .init(store: target.id, tenant: record.tenant)
                ),
                tenant: record.tenant
            )
        }
        let changed = try await control.change(record.tenant, by: author(reason), against: stores) { _ in
            .abort(id, purging: purges)
        }
        let settled = await settled(changed)
        // The tenant is back already; what is left is found in its route by whoever works on it next.
        do throws(StoreError) { try await retire(settled) } catch {}
    }

    /// Ends whatever is under way for tenants; their active stores stay active, and parked calls go on.
    ///
    /// Harmless when nothing is under way, so it may be repeated.
    ///
    /// - Returns: for each tenant, in order, whether there was something to stop, or why it could not be stopped.
    public func emergencyStop(
        _ tenants: [TenantID],
        reason: String = "Emergency stop - manual intervention"
    ) async -> [(tenant: TenantID, result: Result<Bool, CutoverError>)] {
        var results: [(tenant: TenantID, result: Result<Bool, CutoverError>)] = []
        for tenant in tenants {
            do throws(CutoverError) {
                var stopped = false
                let route = try await control.change(tenant, by: author(reason), against: stores) {
                    route throws(CutoverError) in
                    stopped = route.move != nil || route.warm != nil
                    return stopped ? .emergencyStop : nil
                }
                await settled(route)
                results.append((tenant, .success(stopped)))
            } catch {
                results.append((tenant, .failure(error)))
            }
        }
        return results
    }

    /// Ends whatever is under way for every tenant that has a route. See ``emergencyStop(_:reason:)``.
    public func emergencyStopAll(
        reason: String = "Emergency stop - manual intervention"
    ) async throws(CutoverError) -> [(tenant: TenantID, result: Result<Bool, CutoverError>)] {
        var tenants: [TenantID] = []
        do throws(StoreError) {
            var continuation: Continuation?
            repeat {
                let page = try await control.routes(after: continuation)
                tenants += page.routes.filter { $0.value.move != nil || $0.value.warm != nil }.map(\.value.tenant)
                continuation = page.continuation
            } while continuation != nil
        } catch {
            throw CutoverError(error)
        }
        return await emergencyStop(tenants, reason: reason)
    }

    /// No longer keeps the old store of a tenant warm.
    public func dropWarmCopy(of tenant: TenantID, reason: String? = nil) async throws(CutoverError) {
        let route = try await control.change(tenant, by: author(reason), against: stores) {
            route throws(CutoverError) in
            route.warm == nil ? nil : .dropWarmCopy
        }
        await settled(route)
    }

    // MARK: Steps

    private func begin(
        _ tenant: TenantID,
        from source: StoreID?,
        to target: StoreID,
        reverses: MigrationID?,
        reason: String?
    ) async throws(CutoverError) -> MigrationID {
        let id = MigrationID(from: control.random)
        let registered = try await wrapping(tenant) { () async throws(StoreError) in
            let registered = try stores.store(target)
            if try await control.route(of: tenant) == nil {
                guard let source else {
                    throw StoreError(
                        .invalidArgument,
                        "The tenant has no route yet; say which store it is in.",
                        context: .init(tenant: tenant)
                    )
                }
                try await control.establishRoute(of: tenant, home: source, stores: stores)
            }
            return registered
        }
        try await refuseUnfit(registered, for: tenant, from: source)
        let route = try await control.change(tenant, by: author(reason), against: stores) {
            route throws(CutoverError) in
            // Our own change may be there already, when its answer was lost and another change followed it.
            if route.move?.migration == id { return nil }
            return .start(id, source: source ?? route.active, target: target, reverses: reverses)
        }
        if route.value.move?.migration == id { board.begins(tenant, under: route.value) }
        await settled(route)
        return id
    }

    /// Refuses a target that keeps less than the source or holds anything but a beginning of its log, before anything is changed.
    ///
    /// A tenant that another process moves meanwhile, or whose route another process repairs, is looked at again under its new
    /// route: the store that the old one calls the target may be the active one, and must by no means be purged then.
    private func refuseUnfit(
        _ target: any FencedEventStore,
        for tenant: TenantID,
        from source: StoreID?
    ) async throws(CutoverError) {
        for _ in 0..<64 {
            guard let known = control.cache.snapshot(of: tenant)?.route else {
                throw CutoverError(
                    .fenced,
                    "The tenant's route is gone again; look at the control store.",
                    tenant: tenant
                )
            }
            let from = try await wrapping(tenant) { () throws(StoreError) in
                try stores.store(source ?? known.active)
            }
            try requireDurability(from: from, to: target)
            do throws(CutoverError) {
                return try await refuseForeignLog(of: tenant, in: target, source: from.id)
            } catch  where error.code == .inconsistent {
                if try await control.isOvertaken(known, in: stores) { continue }
                // That it is active is said by the change of the route.
                guard known.active == target.id else { throw error }
                return
            }
        }
        throw CutoverError(
            .fenced,
            "The route changes faster than this process can follow; look at the migration and try again.",
            tenant: tenant
        )
    }

    /// Refuses a target that holds anything but a beginning of the source's log.
    private func refuseForeignLog(
        of tenant: TenantID,
        in target: any FencedEventStore,
        source: StoreID
    ) async throws(CutoverError) {
        try await wrapping(tenant) { () async throws(StoreError) in
            guard source != target.id, let head = try await target.head(tenant: tenant, epoch: .maintenance),
                head.position > 0
            else { return }
            let place = try await stores.store(source).checkpoint(
                tenant: tenant,
                at: head.position,
                epoch: .maintenance
            )
            guard place == head.checkpoint else {
                throw StoreError(
                    .logDiverged,
                    "The target holds \(head.position) events of the tenant that are not the beginning of the source's log; purge or repair it.",
                    context: .init(store: target.id, tenant: tenant, position: head.position)
                )
            }
        }
    }
}
