internal import Logging

extension MigrationCoordinator {
    /// Compares what the two stores of a migration hold for its tenant, event by event, while writes go on.
    ///
    /// The store that is active now is taken for right, and is the source of the report: the migration's source until it has
    /// migrated, its target afterwards. A copy that follows is compared up to the head that the active store has when the call
    /// starts; one that no longer follows, or is still being filled, as far as it goes.
    ///
    /// - Parameters:
    ///   - id: the migration, under way or ended.
    ///   - level: how deep to look.
    ///   - samplePercentage: how much is compared in content, from 0 to 100: streams, chosen by their names.
    /// - Returns: what was found; a report with violations is no error.
    /// - Throws: `unknownMigration`, `unregisteredStore`, `invalidConfiguration`, `store`, `cancelled`.
    public func verify(
        _ id: MigrationID,
        level: ConsistencyVerifier.Level = .full,
        samplePercentage: Double = 100
    ) async throws(CutoverError) -> EventVerificationReport {
        let pair = try await pair(of: id)
        return try await withMigrationSpan(.verify, tenant: pair.tenant, migration: id) {
            () async throws(CutoverError) in
            try await wrapping(pair.tenant) { () async throws(StoreError) in
                let report = try await verifier(level: level, samplePercentage: samplePercentage)
                    .verifyEvents(of: pair.tenant, source: pair.active, target: pair.copy, through: pair.goal)
                metrics.verified(report)
                return report
            }
        }
    }

    /// Verifies a migration's copy, and replaces its log from the first position that differs.
    ///
    /// The copy must be following: while the migration copies, follows or is paused, or when the old store is kept warm.
    ///
    /// - Parameters:
    ///   - id: the migration.
    ///   - streams: repairs only if one of these streams is wrong, from its first wrong event on; `nil` for all streams. What comes
    ///     behind that event in the log is replaced with it, since the copy is a beginning of the log at every instant.
    ///   - reason: why, for the log.
    /// - Returns: what became of the violations.
    /// - Throws: `state` when nothing follows; `store` with `unsupported` when the copy cannot be rewritten, or `corrupt` when the
    ///   active store itself is damaged; and as ``verify(_:level:samplePercentage:)``.
    @discardableResult
    public func repair(
        _ id: MigrationID,
        streams: Set<StreamID>? = nil,
        reason: String? = nil
    ) async throws(CutoverError) -> RepairResult {
        let pair = try await pair(of: id)
        guard pair.isFollower else {
            throw CutoverError(
                .state,
                "The copy in \(pair.copy.id) does not follow the tenant any more; start a migration to it instead.",
                tenant: pair.tenant,
                state: pair.state
            )
        }
        return try await withMigrationSpan(.repair, tenant: pair.tenant, migration: id) {
            () async throws(CutoverError) in
            try await wrapping(pair.tenant) { () async throws(StoreError) in
                guard let copy = pair.copy as? any RepairableEventStore else {
                    throw StoreError(
                        .unsupported,
                        "The copy's store cannot rewrite a log; purge the tenant there and copy it again.",
                        context: .init(store: pair.copy.id, tenant: pair.tenant)
                    )
                }
                var report = try await verifier(level: .full, samplePercentage: 100)
                    .verifyEvents(of: pair.tenant, source: pair.active, target: copy, through: pair.goal)
                metrics.verified(report)
                if let streams { report = report.restricted(to: streams) }
                let result = try await Repair(retry: configuration.copier.retry, clock: clock, random: control.random)
                    .repairEvents(report, source: pair.active, target: copy)
                // What was verified before may have been replaced.
                board.update(pair.tenant) { $0.verified = nil }
                Logger.current.info(
                    "A copy was repaired.",
                    metadata: Logger.Metadata(
                        pair.tenant,
                        id,
                        [.violations: "\(report.violationCount)", .reason: "\(reason ?? "")"]
                    )
                )
                return result
            }
        }
    }

    /// The two stores of a migration, with the one that is right now first.
    private func pair(of id: MigrationID) async throws(CutoverError) -> VerificationPair {
        let record = try await require(id)
        return try await wrapping(record.tenant) { () async throws(StoreError) in
            let route = try await control.route(of: record.tenant)?.value
            let isBack = route?.active == record.source
            let active = try stores.store(isBack ? record.source : record.target)
            let copy = try stores.store(isBack ? record.target : record.source)
            let isFollowing = route?.move?.target == copy.id || route?.warm?.store == copy.id
            let isTailing = isFollowing && (route?.state == nil || route?.state == .dualWrite)
            let here = try await active.head(tenant: record.tenant, epoch: .maintenance)?.position ?? 0
            let there = try await copy.head(tenant: record.tenant, epoch: .maintenance)?.position ?? 0
            return VerificationPair(
                tenant: record.tenant,
                state: record.state,
                active: active,
                copy: copy,
                isFollower: isFollowing,
                goal: isTailing || there >= here ? nil : there
            )
        }
    }

    func verifier(level: ConsistencyVerifier.Level, samplePercentage: Double) -> ConsistencyVerifier {
        ConsistencyVerifier(
            configuration: .init(
                level: level,
                samplePercentage: samplePercentage,
                retry: configuration.copier.retry
            ),
            clock: clock,
            random: control.random
        )
    }
}

/// What a verification of a migration compares.
private struct VerificationPair: Sendable {
    let tenant: TenantID
    let state: MigrationState
    let active: any FencedEventStore
    let copy: any FencedEventStore
    /// Whether the copy follows the active store, or will when the migration goes on.
    let isFollower: Bool
    /// How far to compare; `nil` up to the active store's head.
    let goal: Int64?
}

extension EventVerificationReport {
    /// The same report with the violations of some streams only, and of none that belongs to no stream.
    func restricted(to streams: Set<StreamID>) -> EventVerificationReport {
        var report = self
        report.violations = violations.filter { violation in violation.stream.map(streams.contains) ?? false }
        report.violationCount = Int64(report.violations.count)
        report.violationTotals = Dictionary(report.violations.map { ($0.kind, 1) }, uniquingKeysWith: +)
        return report
    }
}
