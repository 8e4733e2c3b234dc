extension MigrationCoordinator {
    /// Makes the target the active store: parks writes everywhere, brings the last events over, compares, and switches.
    ///
    /// Writers feel one short pause and no error. Whatever fails before the switch ends with the tenant where it was; after it
    /// the move is done. There is nothing in between to repair.
    ///
    /// - Parameters:
    ///   - id: the migration; its state must be `dual_write`.
    ///   - force: skips the gate and the comparison, never the fences. What the target lacks is left behind in the source, and
    ///     the place is recorded: until it is repaired the old store is not kept warm and no way back is possible.
    ///   - reason: why, for the audit log.
    /// - Throws: `state`; `lag` when the target cannot catch up; `inconsistent` when the logs differ; `timeout` with the number of
    ///   calls that were parked here; `fenced` when another process decided first; `store`; `cancelled`.
    public func cutOver(_ id: MigrationID, force: Bool = false, reason: String? = nil) async throws(CutoverError) {
        do throws(CutoverError) {
            let record = try await require(id)
            try await withMigrationSpan(.cutover, tenant: record.tenant, migration: id) {
                () async throws(CutoverError) in
                try await cutOver(record, force: force, reason: reason)
            }
            metrics.cutOver(nil)
        } catch {
            metrics.cutOver(error)
            throw error
        }
    }

    private func cutOver(_ record: MigrationRecord, force: Bool, reason: String?) async throws(CutoverError) {
        let route = try await wrapping(record.tenant) { () async throws(StoreError) in
            try await control.route(of: record.tenant)?.value
        }
        guard let route, let move = route.move, move.migration == record.id, move.state == .dualWrite else {
            throw CutoverError(
                .state,
                "A cutover is possible in dual_write only; the migration is in \((route?.move?.state ?? record.state).rawValue).",
                tenant: record.tenant,
                state: route?.move?.state ?? record.state
            )
        }
        let (source, target) = try await wrapping(record.tenant) { () throws(StoreError) in
            (try stores.store(route.active), try stores.store(move.target))
        }
        let attempt = CutoverAttempt(
            coordinator: self,
            id: record.id,
            tenant: record.tenant,
            source: source,
            target: target,
            force: force
        )
        do throws(CutoverError) {
            if !force { try await passGate(route, source: source, target: target) }
            try await attempt.run(reason: reason)
        } catch  where error.code == .inconsistent {
            // The pause is over, or never began: there is time to find out what differs.
            var explained = error
            explained.report = try? await report(of: record.tenant, source: source, target: target)
            throw explained
        }
    }

    /// Compares the logs as far as the target goes; names a bounded number of differences.
    private func report(
        of tenant: TenantID,
        source: any FencedEventStore,
        target: any FencedEventStore
    ) async throws(StoreError) -> EventVerificationReport {
        let here = try await source.head(tenant: tenant, epoch: .maintenance)?.position ?? 0
        let there = try await target.head(tenant: tenant, epoch: .maintenance)?.position ?? 0
        return try await verifier(level: .full, samplePercentage: 100)
            .verifyEvents(of: tenant, source: source, target: target, through: there < here ? there : nil)
    }

    /// How many events the target of a migration lacks, read now from both heads.
    public func syncLag(_ id: MigrationID) async throws(CutoverError) -> Int64 {
        let record = try await require(id)
        return try await wrapping(record.tenant) { () async throws(StoreError) in
            try await lag(of: record.tenant, source: stores.store(record.source), target: stores.store(record.target))
        }
    }

    func lag(
        of tenant: TenantID,
        source: any FencedEventStore,
        target: any FencedEventStore
    ) async throws(StoreError) -> Int64 {
        // The target first: it only grows towards the source, so the difference is never negative by chance.
        let there = try await target.head(tenant: tenant, epoch: .maintenance)?.position ?? 0
        let here = try await source.head(tenant: tenant, epoch: .maintenance)?.position ?? 0
        return max(0, here - there)
    }

    /// What must hold before writes are parked: the target follows closely, can be written, and what it held a moment ago was
    /// verified event by event. What came since is compared in the pause, by the digests of the two heads.
    ///
    /// A target that does not come close because events are appended as fast as it takes them may lack as many as are drained in
    /// half the time of a cutover, at the rate of the passes before.
    private func passGate(
        _ route: Route,
        source: any FencedEventStore,
        target: any FencedEventStore
    ) async throws(CutoverError) {
        let tenant = route.tenant
        let copier = copier(from: source, to: target)
        var lag: Int64 = 0
        // All passes together: a single one may find what another process has just brought, and seem faster than any.
        var advance: Int64 = 0
        var spent = Duration.zero
        var catchUp = CatchUp()
        var passes = 0
        board.update(tenant) { $0.verifyingCutovers += 1 }
        defer { board.update(tenant) { $0.verifyingCutovers = max(0, $0.verifyingCutovers - 1) } }
        while passes < configuration.maximumCatchUpPasses, !catchUp.isOutrun {
            passes += 1
            do throws(CutoverError) {
                // A pass without a verification is shorter; what the one before verified is recent enough.
                let verifies = configuration.verifiesBeforeCutover && !catchUp.isLosing
                let copied = try await wrapping(tenant) { () async throws(StoreError) in
                    try await follow(route, target: target)
                    let copied = try await copier.copy(tenant: tenant, epoch: route.epoch)
                    guard verifies else { return copied }
                    try await verifyPrefix(of: tenant, source: source, target: target)
                    // What came while the target was verified would be brought over in the pause.
                    return try await copier.copy(tenant: tenant, epoch: route.epoch)
                }
                advance += copied.advance
                spent += copied.duration
                lag = try await wrapping(tenant) { () async throws(StoreError) in
                    try await self.lag(of: tenant, source: source, target: target)
                }
            } catch  where error.code == .inconsistent {
                try await requireUnchanged(route)
                throw error
            }
            if lag <= configuration.maximumDrainEvents { return }
            catchUp.pass(endedWith: lag)
        }
        // No pass is left, or more of them would not help. The fence would: behind it nothing is appended, and the drain ends.
        let rate = spent > .zero ? Double(advance) / spent.inSeconds : 0
        let drain = rate > 0 ? Double(lag) / rate : .infinity
        if drain <= configuration.cutoverTimeout.inSeconds / 2 { return }
        let time = drain.isFinite ? "\(Int(drain.rounded(.up))) s" : "an unknown time"
        throw CutoverError(
            .lag,
            "After \(passes) passes the target lacks \(lag) events, and takes \(Int(rate)) events per second. The drain would take \(time), and may take half of \(configuration.cutoverTimeout): slow the writers down, raise the rate limit, or allow more time.",
            tenant: tenant,
            state: .dualWrite,
            lag: lag
        )
    }

    /// Says that another process was faster, if the route is no longer the one that was read: an abort may have emptied the
    /// target while it was compared, and then what was found says nothing about the migration.
    private func requireUnchanged(_ route: Route) async throws(CutoverError) {
        let current = try await self.route(of: route.tenant)
        guard current?.epoch != route.epoch else { return }
        throw CutoverError(
            .fenced,
            "Another process changed the route while the logs were compared; look at the migration and decide again.",
            tenant: route.tenant,
            state: current?.state
        )
    }

    /// Verifies what the target has gained since it was last verified, event by event, from the stored bytes of both sides.
    ///
    /// - Parameter maximumPages: after how many pages to stop before the end.
    /// - Returns: whether all that the target held is verified.
    @discardableResult
    func verifyPrefix(
        of tenant: TenantID,
        source: any FencedEventStore,
        target: any FencedEventStore,
        maximumPages: Int = .max
    ) async throws(StoreError) -> Bool {
        guard var head = try await target.head(tenant: tenant, epoch: .maintenance) else { return true }
        if let known = board.entry(of: tenant)?.verified, known.position > head.position {
            guard let later = try await target.head(tenant: tenant, epoch: .maintenance) else { return true }
            head = later
            // Still beyond the end: the target was emptied since, and what it holds now was verified by nobody.
            if known.position > head.position { board.update(tenant) { $0.verified = nil } }
        }
        var place = LogCheckpoint.beginning
        var pages = 0
        while true {
            // A tail and a cutover of one process share what each of them has verified.
            if let known = board.entry(of: tenant)?.verified, known.position > place.position { place = known }
            guard place.position < head.position else { return true }
            guard pages < maximumPages else { return false }
            place = try await PrefixVerification(source: source, target: target, tenant: tenant)
                .verifyPage(after: place, through: head.position)
            board.verified(tenant, upTo: place)
            pages += 1
        }
    }
}
