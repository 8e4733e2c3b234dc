/// What a dry run found: whether a tenant can move to a store, how much there is to move, and how long that takes at least.
public struct MigrationPlan: Sendable {
    /// Something that would stop the move, and what to do about it.
    public enum Problem: Sendable, Hashable {
        /// Another migration of the tenant is under way in this state.
        case underWay(MigrationState)
        /// The tenant lives in the target already.
        case alreadyThere
        /// A forced cutover left events behind; see ``MigrationCoordinator/repairBranch(of:reason:)``.
        case eventsLeftBehind(StoreID)
        /// The target holds events that are not the beginning of the source's log; purge or repair it.
        case targetDiverged(at: Int64)
        /// The target is open for the tenant: another application uses it.
        case targetIsActive
        /// Events are larger than the target takes: how many, and the first positions.
        case eventsTooLarge(count: Int64, positions: [Int64])
        /// A store may lose acknowledged writes, and fences with them, when the machine or, for one in memory beside one that is
        /// not, the process ends.
        case notDurable(StoreID)
    }

    /// The tenant.
    public let tenant: TenantID
    /// Where it lives.
    public let source: StoreID
    /// Where it is to go.
    public let target: StoreID
    /// The events of the tenant.
    public let eventCount: Int64
    /// How many of them the target holds already.
    public let alreadyCopied: Int64
    /// Their bytes in canonical form.
    public let byteCount: Int64
    /// The bytes of the largest.
    public let largestEventBytes: Int
    /// How many streams there are, as far as they were counted; see ``countsAllStreams``.
    public let streamCount: Int
    /// Whether all streams were counted; beyond a million they are not.
    public let countsAllStreams: Bool
    /// How long the copy takes at least: the time that reading took, or what the rate limit allows if that is longer.
    public let minimumCopyTime: Duration
    /// What would stop the move; empty when it can start.
    public let problems: [Problem]

    /// Whether the move can start.
    public var isFeasible: Bool { problems.isEmpty }
}

extension MigrationCoordinator {
    /// Looks at everything that could stop a move, and changes nothing.
    ///
    /// Every event of the tenant is read once and held against the target's limits, page by page, so it takes about as long as a
    /// copy's reading.
    ///
    /// - Parameters:
    ///   - tenant: who is to move.
    ///   - target: where to.
    ///   - source: where the tenant is, for one that has no route yet.
    ///   - progress: told after each page: how many events were read, and how many there are.
    /// - Throws: `unregisteredStore`; `store` with `invalidArgument` when a tenant without a route comes without a source;
    ///   `store` when a store cannot be read; `cancelled`.
    public func plan(
        tenant: TenantID,
        to target: StoreID,
        from source: StoreID? = nil,
        progress: @escaping @Sendable (_ read: Int64, _ total: Int64) -> Void = { _, _ in }
    ) async throws(CutoverError) -> MigrationPlan {
        try await withMigrationSpan(.plan, tenant: tenant) { () async throws(CutoverError) in
            try await wrapping(tenant) { () async throws(StoreError) in
                let route = try await control.route(of: tenant)?.value
                guard let active = route?.active ?? source else {
                    throw StoreError(
                        .invalidArgument,
                        "The tenant has no route yet; say which store it is in.",
                        context: .init(tenant: tenant)
                    )
                }
                let from = try stores.store(active)
                let to = try stores.store(target)
                var problems = durabilityProblems(from: from, to: to)
                if let state = route?.state { problems.append(.underWay(state)) }
                if let branch = route?.branch { problems.append(.eventsLeftBehind(branch.store)) }
                let there = try await to.head(tenant: tenant, epoch: .maintenance)
                if active == target {
                    problems.append(.alreadyThere)
                } else if let there {
                    if there.fence.role == .open { problems.append(.targetIsActive) }
                    let place = try await from.checkpoint(tenant: tenant, at: there.position, epoch: .maintenance)
                    if place != there.checkpoint { problems.append(.targetDiverged(at: there.position)) }
                }
                let survey = try await survey(tenant, in: from, limit: to.capabilities.maximumEventBytes, progress)
                if survey.tooLargeCount > 0 {
                    problems.append(.eventsTooLarge(count: survey.tooLargeCount, positions: survey.tooLarge))
                }
                return MigrationPlan(
                    tenant: tenant,
                    source: active,
                    target: target,
                    eventCount: survey.count,
                    alreadyCopied: active == target ? 0 : min(there?.position ?? 0, survey.count),
                    byteCount: survey.bytes,
                    largestEventBytes: survey.largest,
                    streamCount: survey.streams.count,
                    countsAllStreams: survey.streams.count < EventSurvey.maximumStreams,
                    minimumCopyTime: max(survey.duration, configuration.rateLimit.time(survey.count, survey.bytes)),
                    problems: problems
                )
            }
        }
    }

    /// Refuses stores whose acknowledged writes a crash of the machine may take back: a fence would go with them.
    func requireDurability(from source: any FencedEventStore, to target: any FencedEventStore) throws(CutoverError) {
        for case .notDurable(let store) in durabilityProblems(from: source, to: target) {
            throw CutoverError(
                .invalidConfiguration,
                "The store \(store) may lose acknowledged writes when the machine crashes; open it with full durability."
            )
        }
    }

    /// A store that survives less than the other is no problem, as long as it survives: how much is the operator's choice.
    private func durabilityProblems(
        from source: any FencedEventStore,
        to target: any FencedEventStore
    ) -> [MigrationPlan.Problem] {
        let isForTests = source.capabilities.durability == .process
        return [source, target]
            .filter { store in
                store.capabilities.durability == .processCrash
                    || (store.capabilities.durability == .process && !isForTests)
            }
            .map { .notDurable($0.id) }
    }

    @concurrent
    private func survey(
        _ tenant: TenantID,
        in store: any FencedEventStore,
        limit: Int,
        _ progress: @Sendable (Int64, Int64) -> Void
    ) async throws(StoreError) -> EventSurvey {
        let total = try await store.head(tenant: tenant, epoch: .maintenance)?.position ?? 0
        var survey = EventSurvey()
        let began = timeline.now
        while survey.count < total {
            try StoreError.checkCancellation()
            let page = try await store.readLog(tenant: tenant, after: survey.count, limit: 500, epoch: .maintenance)
            guard !page.isEmpty else { break }
            for event in page { survey.add(event, limit: limit) }
            progress(survey.count, total)
        }
        survey.duration = timeline.now - began
        return survey
    }
}

/// What a dry run counts while it reads a log.
private struct EventSurvey: Sendable {
    static let maximumStreams = 1_000_000
    private static let maximumPositions = 100

    var count: Int64 = 0
    var bytes: Int64 = 0
    var largest = 0
    var streams: Set<StreamID> = []
    var tooLargeCount: Int64 = 0
    var tooLarge: [Int64] = []
    var duration = Duration.zero

    mutating func add(_ event: StoredEvent, limit: Int) {
        let size = event.canonicalByteCount
        count = event.position
        bytes += Int64(size)
        largest = max(largest, size)
        if streams.count < Self.maximumStreams { streams.insert(event.stream) }
        guard size > limit else { return }
        tooLargeCount += 1
        if tooLarge.count < Self.maximumPositions { tooLarge.append(event.position) }
    }
}

extension RateLimit {
    /// How long this many items take at the limit.
    fileprivate func time(_ items: Int64, _ bytes: Int64) -> Duration {
        let byItems = maximumItemsPerSecond.map { Double(items) / $0 } ?? 0
        let byBytes = maximumBytesPerSecond.map { Double(bytes) / $0 } ?? 0
        return .seconds(max(byItems, byBytes))
    }
}
