internal import Logging

extension MigrationCoordinator {
    /// Works on migrations until its task is cancelled: adopts those that nobody works on, copies, follows, keeps stores warm.
    ///
    /// Call it once, in a task of its own. Cancelling it lets the batches under way finish; everything that was applied counts,
    /// and any coordinator goes on from there.
    public func run() async throws {
        let underWay = Locked<Set<TenantID>>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            while true {
                try Task.checkCancellation()
                let room = configuration.maximumParallelMigrations - underWay.withLock { $0.count }
                for tenant in await tenantsToWorkOn(without: underWay.withLock { $0 }, maximumCount: room) {
                    metrics.worksOn(
                        underWay.withLock { tenants in
                            tenants.insert(tenant)
                            return tenants.count
                        }
                    )
                    group.addTask {
                        await self.work(on: tenant)
                        self.metrics.worksOn(
                            underWay.withLock { tenants in
                                tenants.remove(tenant)
                                return tenants.count
                            }
                        )
                    }
                }
                try await timeline.sleep(for: configuration.adoptionInterval)
            }
        }
    }

    /// Tenants with something to do whose lease is free. What cannot be read now is found the next time.
    private func tenantsToWorkOn(without underWay: Set<TenantID>, maximumCount: Int) async -> [TenantID] {
        guard maximumCount > 0 else { return [] }
        var tenants: [TenantID] = []
        do throws(StoreError) {
            var continuation: Continuation?
            repeat {
                let page = try await control.routes(after: continuation)
                for route in page.routes where !underWay.contains(route.value.tenant) && route.value.needsWork {
                    guard isRegistered(route.value), try await leases.acquire(leaseName(route.value.tenant)) != nil
                    else {
                        continue
                    }
                    tenants.append(route.value.tenant)
                    if tenants.count == maximumCount { return tenants }
                }
                continuation = page.continuation
            } while continuation != nil
        } catch {}
        return tenants
    }

    /// Whether this process can reach every store that the work needs; else it is left to one that can.
    private func isRegistered(_ route: Route) -> Bool {
        var needed = [route.active] + [route.move?.target, route.warm?.store].compactMap(\.self)
        if route.move == nil { needed += route.retirements.map(\.store) }
        return needed.allSatisfy { (try? stores.store($0)) != nil }
    }

    private func leaseName(_ tenant: TenantID) -> String { "tenant/\(tenant.text)" }

    /// Works on one tenant, under its lease, until there is nothing left to do.
    private func work(on tenant: TenantID) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepLease(tenant) }
            group.addTask { await self.advance(tenant) }
            await group.next()
            group.cancelAll()
        }
        do throws(StoreError) { try await leases.release(leaseName(tenant)) } catch {}
    }

    /// Renews the lease; returns when it was lost, which ends the work.
    private func keepLease(_ tenant: TenantID) async {
        var lastRenewal = timeline.now
        while !Task.isCancelled {
            do throws(StoreError) {
                try await timeline.sleep(for: configuration.leaseDuration / 3)
                guard try await leases.acquire(leaseName(tenant)) != nil else { return }
                lastRenewal = timeline.now
            } catch {
                guard timeline.now - lastRenewal < configuration.leaseDuration else { return }
            }
        }
    }

    /// Does whatever the tenant's route asks for, step by step; returns when it asks for nothing.
    private func advance(_ tenant: TenantID) async {
        var failures = 0
        while !Task.isCancelled {
            var current: Route?
            do throws(StoreError) {
                guard let read = try await control.route(of: tenant) else { return }
                let route = await settled(read).value
                current = route
                guard route.needsWork else {
                    board.remove(tenant)
                    return
                }
                try await untilRouteChanges(route) { () async throws(StoreError) in try await self.step(route) }
                getPastObstacle(tenant, route)
                failures = 0
            } catch {
                if error.code == .cancelled, Task.isCancelled { return }
                failures += 1
                await meet(error, tenant: tenant, under: current)
                let pause = min(Duration.milliseconds(50) * (1 << min(failures, 8)), .seconds(5))
                do throws(StoreError) { try await timeline.sleep(for: pause) } catch { return }
            }
        }
    }

    /// Forgets an obstacle that is behind the work now, and says so.
    func getPastObstacle(_ tenant: TenantID, _ route: Route) {
        var hadObstacle = false
        board.update(tenant) { entry in
            hadObstacle = entry.obstacle != nil
            entry.obstacle = nil
        }
        guard hadObstacle else { return }
        Logger.current.info(
            "The work on a tenant got past its obstacle.",
            metadata: Logger.Metadata(tenant, route.move?.migration)
        )
    }

    /// Remembers an obstacle; ends the migration when no later attempt can get past it.
    ///
    /// Only under the route that the step was made for: a step whose route has been replaced sees fences and logs that are none
    /// of its business, and what it meets says nothing about the migration that is under way by then.
    private func meet(_ error: StoreError, tenant: TenantID, under route: Route?) async {
        let isForeign = error.code.category == .routing && !Mutant.foreignTroubleFails.isOn
        guard error.code != .cancelled, !isForeign else { return }
        if let route, !Mutant.foreignTroubleFails.isOn, let current = try? await control.route(of: tenant),
            current.value.epoch != route.epoch
        {
            return
        }
        let isNew = board.entry(of: tenant)?.obstacle?.code != error.code
        board.update(tenant) { $0.obstacle = error }
        metrics.met(error)
        if isNew {
            Logger.current.warning(
                "The work on a tenant met an error, and is tried again.",
                metadata: Logger.Metadata(
                    tenant,
                    route?.move?.migration,
                    [.code: "\(error.code)", .message: "\(error.message)"]
                )
            )
        }
        switch error.code {
        case .logDiverged, .corrupt, .eventTooLarge, .storeIsActive, .unsupported:
            let changed = try? await control.change(
                tenant,
                by: author("\(error.code): \(error.message)"),
                against: stores
            ) { current throws(CutoverError) in
                let isSame = current.epoch == route?.epoch || Mutant.foreignTroubleFails.isOn
                guard let move = current.move, move.state != .cutover, isSame else { return nil }
                return .fail(move.migration)
            }
            if let changed { await settled(changed) }
        default: break
        }
    }

    /// Runs a step, and ends it early when the route changes under it.
    private func untilRouteChanges(
        _ route: Route,
        _ body: @escaping @Sendable () async throws(StoreError) -> Void
    ) async throws(StoreError) {
        let result = await withTaskGroup(of: Result<Void, StoreError>?.self) { group in
            group.addTask {
                do throws(StoreError) {
                    try await body()
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await self.watch(route)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        // Without a result the route has changed: whatever the step met on its way out is no longer the question.
        try result?.get()
    }

    /// Returns when the route is no longer the one that was read.
    private func watch(_ route: Route) async {
        while !Task.isCancelled {
            let hasChanged = await control.cache.changes.withTicket(for: route.tenant) { ticket in
                if let known = control.cache.snapshot(of: route.tenant)?.route, known.number != route.number {
                    return true
                }
                if board.entry(of: route.tenant)?.abandoned == route.epoch, route.state != .cutover { return true }
                await control.cache.changes.wait(ticket, upTo: configuration.routePollInterval, on: timeline)
                return false
            }
            if hasChanged { return }
            _ = try? await control.route(of: route.tenant)
        }
    }
}

extension Route {
    /// Whether a coordinator has something to do.
    var needsWork: Bool { move != nil || warm != nil || !retirements.isEmpty || !pending.isEmpty }
}
