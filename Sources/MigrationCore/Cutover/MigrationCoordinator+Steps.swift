internal import Logging

extension MigrationCoordinator {
    /// Does what a route asks for. Returns when that is done, and the route has to be read again; the caller ends it when the
    /// route changes meanwhile.
    func step(_ route: Route) async throws(StoreError) {
        guard let move = route.move else {
            if !route.retirements.isEmpty {
                guard let current = try await control.route(of: route.tenant) else { return }
                return try await retire(current)
            }
            if let warm = route.warm { try await keepWarm(route, warm) }
            return
        }
        let source = try stores.store(route.active)
        let target = try stores.store(move.target)
        switch move.state {
        case .pending:
            try await prepareSource(route, source)
            try await follow(route, target: target)
            try await change(route, .beginCopy(move.migration))
        case .bulkCopy:
            try await follow(route, target: target)
            try await copyHistory(route, from: source, to: target)
            try await change(route, .follow(move.migration))
        case .dualWrite:
            try await follow(route, target: target)
            try await tail(route, from: source, to: target)
        case .paused where Mutant.pausedGoesOnMirroring.isOn:
            _ = try await copier(from: source, to: target).copy(tenant: route.tenant)
        case .paused: try await waitForever()
        case .cutover: try await endUndecidedCutover(route, move)
        case .migrated, .failed, .rolledBack: break
        }
    }

    /// Makes the target a follower under the route's epoch.
    ///
    /// A cutover that was given up may have opened the target under an epoch of this route that was never in force: that is
    /// taken back. A target that is open under anything else belongs to somebody.
    func follow(_ route: Route, target: any FencedEventStore) async throws(StoreError) {
        let fence = try await target.head(tenant: route.tenant, epoch: .maintenance)?.fence
        let wanted = Fence(epoch: route.epoch, role: .follower)
        if let fence {
            if fence == wanted { return }
            guard fence.epoch.route != route.id || fence.epoch.number <= route.number else {
                throw fence.error(.fenced, tenant: route.tenant, store: target.id)
            }
            let isOurs = fence.epoch.route == route.id && fence.epoch.number < route.number
            guard fence.role != .open || isOurs else {
                throw fence.error(.storeIsActive, tenant: route.tenant, store: target.id)
            }
        }
        try await target.prepare(tenant: route.tenant, fence: wanted)
    }

    /// A tenant whose route was created and never written to has no head in its source yet.
    private func prepareSource(_ route: Route, _ source: any FencedEventStore) async throws(StoreError) {
        guard try await source.head(tenant: route.tenant, epoch: .maintenance) == nil else { return }
        try await source.prepare(tenant: route.tenant, fence: Fence(epoch: route.epoch, role: .open))
    }

    /// Copies until the target is so close that following it is cheaper than copying, or until more passes would not help.
    ///
    /// A target that takes events more slowly than they are appended is never close. Following does for it what one more pass
    /// would, and in that state a cutover can end the race: its fence stops the writers.
    private func copyHistory(
        _ route: Route,
        from source: any FencedEventStore,
        to target: any FencedEventStore
    ) async throws(StoreError) {
        let copier = copier(from: source, to: target)
        for _ in 0..<configuration.maximumCatchUpPasses {
            let result = try await withMigrationSpan(.copy, tenant: route.tenant, migration: route.move?.migration) {
                () async throws(StoreError) in
                try await copy(with: copier, route)
            }
            let lag = try await lag(of: route.tenant, source: source, target: target)
            let isClose = lag <= max(configuration.maximumDrainEvents, result.advance / 2)
            if isClose || lag >= result.advance { return }
        }
    }

    /// Brings over what is appended, as it is appended, and verifies it, until the route changes.
    private func tail(
        _ route: Route,
        from source: any FencedEventStore,
        to target: any FencedEventStore
    ) async throws(StoreError) {
        let copier = copier(from: source, to: target)
        while true {
            let lag = try await lag(of: route.tenant, source: source, target: target)
            metrics.lags(by: lag)
            let result = try await copy(with: copier, route)
            // What the pass before has left; one that failed says nothing about the writers.
            board.update(route.tenant) { $0.catchUp.pass(endedWith: lag) }
            var isVerified = true
            if configuration.verifiesBeforeCutover, board.entry(of: route.tenant)?.verifyingCutovers ?? 0 == 0 {
                // In pieces, so that the target does not fall behind while a long history is verified.
                isVerified = try await verifyPrefix(of: route.tenant, source: source, target: target, maximumPages: 8)
            }
            // This step ends with its route only: an obstacle is over with a whole pass.
            getPastObstacle(route.tenant, route)
            guard isVerified else { continue }
            try await source.waitForEvents(
                tenant: route.tenant,
                after: result.end.position,
                upTo: configuration.adoptionInterval
            )
        }
    }

    /// The old store follows the new one.
    private func keepWarm(_ route: Route, _ warm: Route.WarmCopy) async throws(StoreError) {
        let active = try stores.store(route.active)
        let follower = try stores.store(warm.store)
        try await follow(route, target: follower)
        let copier = copier(from: active, to: follower)
        while true {
            let result = try await copy(with: copier, route)
            getPastObstacle(route.tenant, route)
            try await active.waitForEvents(
                tenant: route.tenant,
                after: result.end.position,
                upTo: configuration.adoptionInterval
            )
        }
    }

    private func copy(with copier: EventCopier, _ route: Route) async throws(StoreError) -> EventCopyResult {
        let tenant = route.tenant
        let logger = Logger.current
        let result = try await copier.copy(tenant: tenant, epoch: route.epoch) { [board, timeline] progress in
            let now = timeline.now
            board.update(tenant) { entry in
                if entry.progress?.done != progress.done { entry.lastAdvance = now }
                entry.progress = progress
            }
            logger.trace(
                "A batch was copied.",
                metadata: Logger.Metadata(tenant, nil, [.position: "\(progress.done)"])
            )
        }
        metrics.copied(result)
        return result
    }

    private func change(_ route: Route, _ change: RouteChange) async throws(StoreError) {
        do throws(CutoverError) {
            let changed = try await control.change(route.tenant, by: author(), against: stores) {
                current throws(CutoverError) in
                current.epoch == route.epoch ? change : nil
            }
            await settled(changed)
        } catch {
            throw error.underlying
                ?? StoreError(.fenced, error.message, context: .init(tenant: route.tenant))
        }
    }

    /// A cutover is decided by whoever began it. When that process is gone, it is taken back once its budget has passed here.
    private func endUndecidedCutover(_ route: Route, _ move: Route.Move) async throws(StoreError) {
        let seen = control.cache.snapshot(of: route.tenant)
        let firstSeen = seen?.route.number == route.number ? seen?.firstSeen ?? timeline.now : timeline.now
        let end = firstSeen + (move.budget ?? configuration.cutoverTimeout)
        while timeline.now < end, board.entry(of: route.tenant)?.abandoned != route.epoch {
            let rest = end - timeline.now
            await control.cache.changes.withTicket(for: route.tenant) { ticket in
                guard board.entry(of: route.tenant)?.abandoned != route.epoch else { return }
                await control.cache.changes.wait(ticket, upTo: rest, on: timeline)
            }
            try StoreError.checkCancellation()
        }
        try await change(route, .abandonCutover(move.migration, at: route.epoch))
    }

    private func waitForever() async throws(StoreError) {
        while true { try await timeline.sleep(for: .seconds(3_600)) }
    }
}
