/// One attempt to switch a tenant: from the compare-and-swap that parks its writes to the one that decides.
///
/// A second child watches the time. When it is over, it takes the route back by compare-and-swap itself, so a store that hangs
/// cannot hold the tenant; whatever the first child still does then is refused by the route or lies below its epoch.
struct CutoverAttempt: Sendable {
    let coordinator: MigrationCoordinator
    let id: MigrationID
    let tenant: TenantID
    let source: any FencedEventStore
    let target: any FencedEventStore
    let force: Bool

    private var control: ControlStore { coordinator.control }
    private var timeout: Duration { coordinator.configuration.cutoverTimeout }

    func run(reason: String?) async throws(CutoverError) {
        // Counted from before the change is made, so that no observer's own count ends earlier.
        let deadline = control.timeline.now + timeout
        let (id, budget) = (id, timeout)
        // A cutover that is under way already is another's: two that decide one epoch would mistake each other's work for damage.
        let closed = try await control.change(
            tenant,
            by: coordinator.author(reason),
            against: coordinator.stores
        ) { _ in .beginCutover(id, budget: budget) }
        let epoch = closed.value.epoch
        control.gate.startCounting(tenant, under: epoch)
        defer { control.gate.stopCounting(tenant, under: epoch) }
        let began = control.timeline.now
        let outcome = await withTaskGroup(of: Result<Versioned<Route>, CutoverError>?.self) { group in
            group.addTask { await self.decide(under: epoch, reason: reason) }
            if !Mutant.timeoutIsNotWatched.isOn { group.addTask { await self.watch(epoch, until: deadline) } }
            var outcome: Result<Versioned<Route>, CutoverError>?
            while let result = await group.next() {
                guard let result else { continue }
                outcome = result
                // Once the time is over, what the deciding child meets is a consequence; the watching one says the reason.
                if case .failure(let error) = result, error.code != .timeout, control.timeline.now >= deadline {
                    continue
                }
                group.cancelAll()
                break
            }
            return outcome ?? .failure(stateError())
        }
        switch outcome {
        case .success(let route):
            coordinator.metrics.paused(for: control.timeline.now - began, nil)
            coordinator.board.handedOver(tenant, under: route.value, from: source.id)
            await coordinator.settled(route)
        case .failure(let error):
            coordinator.metrics.paused(for: control.timeline.now - began, error)
            if await !abandon(epoch, because: error.message) { coordinator.board.giveUp(tenant, epoch, on: control) }
            throw error
        }
    }

    // MARK: Deciding

    private func decide(under epoch: Epoch, reason: String?) async -> Result<Versioned<Route>, CutoverError> {
        do throws(CutoverError) {
            let branch = try await coordinator.wrapping(tenant) { () async throws(StoreError) in
                // From here on no process anywhere, stalled or cut off, can append to the source.
                let final = try await closeSource(at: epoch)
                let drained = try await drain(through: final, epoch: epoch)
                try judge(drained, against: final)
                // What the fence returns is where the target's log really ends: nothing under an older epoch, no offer and no
                // repair that was on its way, can change it any more.
                let opened = try await openTarget(above: epoch)
                try judge(opened.checkpoint, against: final)
                return try await branchPoint(opened, final)
            }
            let warm = coordinator.configuration.keepsSourceWarm && branch == nil
            return .success(
                try await control.change(tenant, by: coordinator.author(reason), against: nil) {
                    route throws(CutoverError) in
                    // Our own change may be there already, when its answer was lost.
                    if route.active == target.id, route.number == epoch.number + 1, route.id == epoch.route {
                        return nil
                    }
                    return .completeCutover(id, at: epoch, keepSourceWarm: warm, branch: branch)
                }
            )
        } catch {
            return .failure(error)
        }
    }

    private func closeSource(at epoch: Epoch) async throws(StoreError) -> TenantHead {
        if Mutant.cutoverWithoutFence.isOn, let head = try await source.head(tenant: tenant, epoch: .maintenance) {
            return head
        }
        return try await source.raiseFence(
            tenant: tenant,
            to: Fence(epoch: epoch, role: .closed, successor: target.id)
        )
    }

    /// Brings over what the target still lacks; returns where its log then ends.
    private func drain(through final: TenantHead, epoch: Epoch) async throws(StoreError) -> LogCheckpoint {
        var head = try await target.head(tenant: tenant, epoch: .maintenance)
        if head == nil { head = try await target.prepare(tenant: tenant, fence: Fence(epoch: epoch, role: .follower)) }
        if let fence = head?.fence, fence.epoch.number > epoch.number {
            // This process stood still: others took the route back and went on, and what the target has by now is their work.
            throw StoreError(
                .fenced,
                "The target was taken over under a newer epoch while the cutover was under way.",
                context: .init(store: target.id, tenant: tenant)
            )
        }
        var place = head?.checkpoint ?? .beginning
        do throws(StoreError) {
            while place.position < final.position, !Mutant.drainIsSkipped.isOn {
                let events = try await source.readLog(
                    tenant: tenant,
                    after: place.position,
                    limit: batchSize,
                    epoch: .maintenance
                )
                guard let last = events.last else { break }
                if case .behind(let head) = try await target.offer(events, tenant: tenant, after: place, epoch: epoch) {
                    place = head.checkpoint
                } else {
                    place = last.checkpoint
                }
            }
        } catch  where force {
            place = try await target.head(tenant: tenant, epoch: .maintenance)?.checkpoint ?? place
        }
        return place
    }

    /// Says whether the target may become active with a log that ends there. Force takes any.
    private func judge(_ place: LogCheckpoint, against final: TenantHead) throws(StoreError) {
        guard place != final.checkpoint, !force, !Mutant.ignoresWhatIsMissing else { return }
        let lag = final.position - place.position
        guard lag > 0, lag <= coordinator.configuration.lagThreshold else {
            throw StoreError(
                .logDiverged,
                "The digests of source and target differ at position \(place.position); verify and repair the target.",
                context: .init(store: target.id, tenant: tenant, position: place.position)
            )
        }
    }

    /// Where the logs part, when something is left behind in the source.
    private func branchPoint(_ opened: TenantHead, _ final: TenantHead) async throws(StoreError) -> Route.BranchPoint? {
        guard opened.checkpoint != final.checkpoint, !Mutant.ignoresWhatIsMissing else { return nil }
        let comparison = LogComparison(source: source, target: target, tenant: tenant)
        var shared = min(opened.position, final.position)
        if shared > 0, try await !comparison.areEqual(at: shared) {
            shared = try await comparison.firstDifference(upTo: shared) - 1
        }
        let place = try await source.checkpoint(tenant: tenant, at: shared, epoch: .maintenance) ?? .beginning
        return Route.BranchPoint(store: source.id, place: place, sourcePosition: final.position)
    }

    private var batchSize: Int {
        min(coordinator.configuration.copier.maximumBatchEvents, target.capabilities.maximumAppendEvents)
    }

    private func openTarget(above epoch: Epoch) async throws(StoreError) -> TenantHead {
        if Mutant.targetIsNotOpened.isOn, let head = try await target.head(tenant: tenant, epoch: .maintenance) {
            return head
        }
        return try await target.raiseFence(
            tenant: tenant,
            to: Fence(epoch: Epoch(number: epoch.number + 1, route: epoch.route), role: .open)
        )
    }

    // MARK: Giving up

    private func watch(_ epoch: Epoch, until deadline: Duration) async -> Result<Versioned<Route>, CutoverError>? {
        do throws(StoreError) {
            try await control.timeline.sleep(for: deadline - control.timeline.now)
        } catch {
            return Task.isCancelled ? nil : .failure(CutoverError(error, tenant: tenant))
        }
        // The parked calls may have seen the time pass first, and have gone on.
        let parked = control.gate.count(of: tenant, under: epoch)
        let error = CutoverError(
            .timeout,
            "The cutover was not decided within \(timeout); the tenant is back in dual_write. Try again, allow more time, or force it.",
            tenant: tenant,
            state: .dualWrite,
            timeout: timeout,
            parkedWriters: parked
        )
        return await abandon(epoch, because: error.message) ? .failure(error) : nil
    }

    /// Takes the route back to the state before; `false` when it was decided otherwise meanwhile, or could not be changed.
    ///
    /// Then the coordinator's own work on the tenant does it, or whoever sees the budget pass: the parked calls do too.
    @discardableResult
    private func abandon(_ epoch: Epoch, because reason: String) async -> Bool {
        do throws(CutoverError) {
            var isOurs = false
            let route = try await control.change(tenant, by: coordinator.author(reason), against: coordinator.stores) {
                route throws(CutoverError) in
                isOurs = route.state == .cutover && route.epoch == epoch
                return isOurs ? .abandonCutover(id, at: epoch) : nil
            }
            await coordinator.settled(route)
            return isOurs || (route.value.state != nil && route.value.active == source.id)
        } catch {
            // Routers and other coordinators see the budget pass and do the same.
            return false
        }
    }

    private func stateError() -> CutoverError {
        CutoverError(
            .fenced,
            "Another process ended the cutover; look at the migration and decide again.",
            tenant: tenant
        )
    }
}
