extension TenantRouter {
    /// Runs a call on the store that is active for the tenant, and again wherever the tenant has moved meanwhile.
    func call<Result>(
        _ tenant: TenantID,
        creatingRoute: Bool = false,
        _ body: (any FencedEventStore, Epoch) async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        if isPassThrough, let known = control.cache.snapshot(of: tenant) {
            return try await body(stores.store(known.route.active), known.route.epoch)
        }
        var refused: Refusal?
        while true {
            let snapshot: RouteCache.Snapshot
            if let known = knownSnapshot(of: tenant, unlike: refused) {
                snapshot = known
            } else if let read = try await readSnapshot(of: tenant, unlike: refused, creatingRoute: creatingRoute) {
                snapshot = read
            } else {
                // No route was there a moment ago, so nobody has moved the tenant: it is where it always was.
                return try await body(stores.store(home), .maintenance)
            }
            // Read where it lies: a copy of a route costs more than the rest of a call.
            if snapshot.route.state == .cutover, !isPassThrough {
                try await park(tenant, at: snapshot)
                if Mutant.parkedGoesOnWhereItWas.isOn {
                    return try await body(stores.store(snapshot.route.active), snapshot.route.epoch)
                }
                continue
            }
            let store = try stores.store(snapshot.route.active)
            do throws(StoreError) {
                return try await body(store, snapshot.route.epoch)
            } catch  where error.code == .tenantNotPrepared {
                // The process that created the route ended before it prepared the store.
                do throws(StoreError) {
                    try await store.prepare(tenant: tenant, fence: Fence(epoch: snapshot.route.epoch, role: .open))
                    refused = try next(refused, after: error, route: snapshot.route, isRoutes: false)
                } catch  where error.code == .fenced || error.code == .epochConflict {
                    // Another process was first, under a newer route.
                    refused = try next(refused, after: error, route: snapshot.route, isRoutes: true)
                }
            } catch  where error.code == .fenced || error.code == .epochConflict {
                refused = try next(
                    refused,
                    after: error,
                    route: snapshot.route,
                    isRoutes: !Mutant.fencedIsTriedAgain.isOn
                )
            }
        }
    }

    /// What a call knows of the last time that it was refused.
    struct Refusal {
        /// The number of the epoch that was refused.
        let number: Int64
        /// How often the call was refused altogether.
        let count: Int
        /// How often in a row under the same route.
        let sameRouteCount: Int
        let error: StoreError
        /// Whether a newer route has to be read before the next attempt.
        let needsNewRoute: Bool
    }

    private func next(
        _ last: Refusal?,
        after error: StoreError,
        route: Route,
        isRoutes: Bool
    ) throws(StoreError) -> Refusal {
        let isSame = last?.number == route.number
        let refusal = Refusal(
            number: route.number,
            count: (last?.count ?? 0) + 1,
            sameRouteCount: isSame ? (last?.sameRouteCount ?? 0) + 1 : 1,
            error: error,
            needsNewRoute: isRoutes
        )
        metrics.redirected(error)
        guard refusal.count <= configuration.maximumRedirects else { throw error }
        return refusal
    }

    /// A route that is known here, young enough and not the refused one.
    private func knownSnapshot(of tenant: TenantID, unlike refused: Refusal?) -> RouteCache.Snapshot? {
        guard let known = control.cache.snapshot(of: tenant) else { return nil }
        if let refused, refused.needsNewRoute { return known.route.number != refused.number ? known : nil }
        let isYoung = control.timeline.now - known.readAt <= configuration.maximumRouteAge
        return isYoung || isPassThrough || Mutant.routeNeverAges.isOn ? known : nil
    }

    /// The route as it is read now.
    private func readSnapshot(
        of tenant: TenantID,
        unlike refused: Refusal?,
        creatingRoute: Bool
    ) async throws(StoreError) -> RouteCache.Snapshot? {
        if let refused, refused.needsNewRoute, refused.sameRouteCount > 1 {
            // The store knows more than the control store has answered so far. Ask a few times, a little later each time, in case
            // its answers are stale; then it is behind for good.
            let patience = configuration.parkedPollInterval * Double(refused.sameRouteCount)
            guard refused.sameRouteCount <= 8 else { throw behind(refused.error, tenant: tenant) }
            try await control.timeline.sleep(for: patience)
        }
        if let route = try await control.route(of: tenant)?.value {
            return control.cache.snapshot(of: tenant)
                ?? RouteCache.Snapshot(route: route, readAt: control.timeline.now, firstSeen: control.timeline.now)
        }
        if let known = control.cache.snapshot(of: tenant) { throw behind(nil, tenant: known.route.tenant) }
        guard creatingRoute else { return nil }
        try await control.establishRoute(of: tenant, home: home, stores: stores)
        return control.cache.snapshot(of: tenant)
    }

    private func behind(_ error: StoreError?, tenant: TenantID) -> StoreError {
        var context = error?.context ?? StoreError.Context(tenant: tenant)
        context.tenant = tenant
        return StoreError(
            .controlStoreBehind,
            "The store's fence is ahead of the route: the control store was restored from the past. Run diagnose, then repairRoute.",
            context: context,
            underlying: error
        )
    }

    /// Waits until a cutover is decided. The first in line reads the route now and then, and ends a cutover that nobody decides.
    private func park(_ tenant: TenantID, at snapshot: RouteCache.Snapshot) async throws(StoreError) {
        let start = control.timeline.now
        let deadline = start + configuration.maximumParkTime
        defer { metrics.parked(for: control.timeline.now - start) }
        switch await control.gate.enter(tenant, deadline: deadline, maximumCount: configuration.maximumParkedCalls) {
        case .proceed: return
        case .cancelled:
            throw parkError(.cancelled, "The call was cancelled while it was parked; nothing was written.", tenant)
        case .expired: throw parkTimeout(tenant)
        case .full:
            throw parkError(
                .busy,
                "More calls are parked for the tenant's cutover than the router allows; try again.",
                tenant
            )
        case .drive: break
        }
        do throws(StoreError) {
            try await drive(tenant, cutover: snapshot.route.number, until: deadline)
            control.gate.open(tenant)
        } catch {
            control.gate.abdicate(tenant)
            throw error
        }
    }

    private func drive(_ tenant: TenantID, cutover number: Int64, until deadline: Duration) async throws(StoreError) {
        while true {
            guard !Task.isCancelled else {
                throw parkError(.cancelled, "The call was cancelled while it was parked; nothing was written.", tenant)
            }
            let isOver = try await control.cache.changes.withTicket(for: tenant) { ticket async throws(StoreError) in
                guard let known = control.cache.snapshot(of: tenant), known.route.number == number else { return true }
                let now = control.timeline.now
                guard now < deadline else { throw parkTimeout(tenant) }
                if let budget = known.route.move?.budget, now - known.firstSeen >= budget {
                    try await abandon(known.route)
                    return false
                }
                control.gate.expire(tenant, now: now)
                await control.cache.changes.wait(ticket, upTo: configuration.parkedPollInterval, on: control.timeline)
                return false
            }
            if isOver { return }
            // A control store that cannot be reached for a moment must not fail parked calls: they have a deadline of their own.
            do throws(StoreError) { _ = try await control.route(of: tenant) } catch  where error.code.isRetryable {}
        }
    }

    /// Ends a cutover that was not decided in its time: its coordinator died, or is stalled.
    private func abandon(_ route: Route) async throws(StoreError) {
        guard let move = route.move else { return }
        let author = ChangeAuthor(name: "router", reason: "The cutover was not decided in its time.", now: now)
        do throws(CutoverError) {
            _ = try await control.change(route.tenant, by: author, against: stores) { current throws(CutoverError) in
                guard current.state == .cutover, current.epoch == route.epoch else { return nil }
                return .abandonCutover(move.migration, at: route.epoch)
            }
        } catch {
            guard let underlying = error.underlying, !underlying.code.isRetryable else { return }
            throw underlying
        }
    }

    private func parkTimeout(_ tenant: TenantID) -> StoreError {
        parkError(
            .timeout,
            "The call was parked for the tenant's cutover longer than \(configuration.maximumParkTime); nothing was written.",
            tenant
        )
    }

    private func parkError(_ code: StoreError.Code, _ message: String, _ tenant: TenantID) -> StoreError {
        StoreError(code, message, context: .init(tenant: tenant))
    }

    /// Reads the routes again that are known here, so that calls seldom wait for it.
    func refreshRoutesInUse() async {
        for tenant in control.cache.tenants(readBefore: control.timeline.now - configuration.maximumRouteAge / 2) {
            // Failing to refresh is no error: the next call reads the route itself, and says what is wrong.
            _ = try? await control.route(of: tenant)
        }
    }
}
