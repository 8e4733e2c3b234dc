/// An event store in front of a router that also brings what was acknowledged to the target of a migration under way.
///
/// The source is always first: a call returns what the source answered. Then the events are offered to the target, in order and
/// only where they continue its log, as ``MirrorMode`` says. A target that fails, hangs or is behind never fails a call and
/// never delays it beyond the mode's timeout: it is counted, shows as lag, and is healed by the coordinator's tail. Cancelling a
/// caller changes nothing either.
///
/// Without a migration under way it adds a look at the cached route and nothing else.
public final class DualWriteInterceptor: EventStore {
    /// How an interceptor mirrors.
    public struct Configuration: Sendable {
        /// When events are offered to the target.
        public var mode: MirrorMode
        /// How many tenants are mirrored side by side in the background.
        public var maximumWorkers: Int
        /// The most events of one offer.
        public var maximumBatchEvents: Int
        /// How long events that are appended to one tenant are gathered into one offer in the background; zero for not at all.
        public var gatheringTime: Duration
        /// How often the statistics are stored.
        public var statisticsInterval: Duration

        /// Makes a configuration.
        public init(
            mode: MirrorMode = .background,
            maximumWorkers: Int = 4,
            maximumBatchEvents: Int = 500,
            gatheringTime: Duration = .milliseconds(2),
            statisticsInterval: Duration = .seconds(5)
        ) {
            self.mode = mode
            self.maximumWorkers = maximumWorkers
            self.maximumBatchEvents = maximumBatchEvents
            self.gatheringTime = gatheringTime
            self.statisticsInterval = statisticsInterval
        }
    }

    private let router: TenantRouter
    private let configuration: Configuration
    private let mirror: Mirror

    /// Makes an interceptor in front of a router.
    public init(_ router: TenantRouter, configuration: Configuration = Configuration()) throws(StoreError) {
        guard configuration.maximumWorkers >= 1, configuration.maximumBatchEvents >= 1,
            configuration.gatheringTime >= .zero, configuration.statisticsInterval > .zero
        else {
            throw StoreError(
                .invalidConfiguration,
                "Workers, batch and interval of an interceptor are positive, its gathering time is not negative."
            )
        }
        self.router = router
        self.configuration = configuration
        mirror = Mirror(
            control: router.control,
            stores: router.stores,
            maximumBatchEvents: configuration.maximumBatchEvents,
            gatheringTime: configuration.mode == .background ? configuration.gatheringTime : .zero
        )
    }

    /// Does the mirroring and stores the statistics, until its task is cancelled.
    ///
    /// Call it once, in a task of its own. Before that, mirroring is left to the tail in every mode. What was counted since the
    /// last ``Configuration/statisticsInterval`` is not stored when it ends.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            if configuration.mode != .tail {
                group.addTask { await self.mirror.run(workers: self.configuration.maximumWorkers) }
            }
            group.addTask { await self.storeStatistics() }
        }
        try Task.checkCancellation()
    }

    /// What all interceptors together did for a migration, restarts included.
    public func statistics(of migration: MigrationID) async throws(StoreError) -> MirrorStatistics {
        try await router.control.mirrorStatistics(of: migration) + mirror.statistics(of: migration)
    }

    /// The targets that are left to the tail for now because they failed too often in a row, ordered by id.
    public var sickTargets: [StoreID] { mirror.openCircuits }

    public func append(_ parts: [StreamAppend], tenant: TenantID) async throws(StoreError) -> AppendResult {
        let result = try await router.append(parts, tenant: tenant)
        guard let move = router.control.cache.snapshot(of: tenant)?.route.move, move.state == .dualWrite,
            !router.isPassThrough
        else { return result }
        switch configuration.mode {
        case .tail: break
        case .background: mirror.enqueue(tenant, result.positions, migration: move.migration)
        case .inline(let timeout):
            mirror.enqueue(tenant, result.positions, migration: move.migration)
            await mirror.waitUntilOffered(tenant, result.positions.upperBound, upTo: timeout)
        }
        return result
    }

    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await router.readStream(stream, tenant: tenant, from: start, limit: limit)
    }

    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await router.readLog(tenant: tenant, after: position, limit: limit)
    }

    public func head(tenant: TenantID) async throws(StoreError) -> TenantHead? {
        try await router.head(tenant: tenant)
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID) async throws(StoreError) -> Int64 {
        try await router.streamVersion(stream, tenant: tenant)
    }

    public func contains(_ event: EventID, tenant: TenantID) async throws(StoreError) -> Bool {
        try await router.contains(event, tenant: tenant)
    }

    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await router.tenants(after: tenant, limit: limit)
    }

    public func subscribe(tenant: TenantID, after checkpoint: LogCheckpoint, pageSize: Int) -> EventSubscription {
        router.subscribe(tenant: tenant, after: checkpoint, pageSize: pageSize)
    }

    private func storeStatistics() async {
        while !Task.isCancelled {
            try? await router.control.timeline.sleep(for: configuration.statisticsInterval)
            guard !Task.isCancelled else { return }
            await flushStatistics()
        }
    }

    private func flushStatistics() async {
        for (migration, statistics) in mirror.takeStatistics() where statistics != MirrorStatistics() {
            do throws(StoreError) {
                try await router.control.add(statistics, to: migration)
            } catch {
                mirror.putBack(statistics, for: migration)
            }
        }
    }
}
