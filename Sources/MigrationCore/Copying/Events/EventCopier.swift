/// Copies tenants' event logs from one store into another, so that the target is at every instant an exact prefix of the source.
///
/// Same events, positions, versions, times and digests. The copier appends in log order, many events in each atomic batch, and
/// reads one page ahead while the target writes. It keeps no checkpoint of its own: the target's head says how far it is, in
/// the same atomic step that applied the events, so it resumes after any crash without a gap and without a repetition.
///
/// ```
/// let copier = EventCopier(source: old, target: new)
/// let result = try await copier.copy(tenant: "acme") { print($0.fraction) }
/// ```
///
/// A target that holds anything but a prefix of the source is refused with ``StoreError/Code/logDiverged``. Several copiers, and
/// the mirror of a running migration, may work on one tenant at once: whoever is second finds the events already there.
///
/// Reads carry ``Epoch/maintenance``, so they pass every fence; the source is never written.
public struct EventCopier: Sendable {
    /// How a copier reads, writes and tries again.
    public struct Configuration: Sendable {
        /// The most events that are read at once. Two pages are in memory at a time.
        public var maximumPageEvents: Int
        /// The most bytes of a page, by the size of the events read before it, and of a batch, exactly.
        public var maximumBatchBytes: Int
        /// The most events of a batch; the target's capabilities may lower it.
        public var maximumBatchEvents: Int
        /// The most tenants that ``EventCopier/copyAll(_:progress:)`` copies side by side.
        public var maximumParallelTenants: Int
        /// How calls are repeated that failed for a passing reason.
        public var retry: RetryPolicy

        /// Makes a configuration.
        public init(
            maximumPageEvents: Int = 1_000,
            maximumBatchBytes: Int = 4 << 20,
            maximumBatchEvents: Int = 1_000,
            maximumParallelTenants: Int = 4,
            retry: RetryPolicy = RetryPolicy()
        ) {
            self.maximumPageEvents = maximumPageEvents
            self.maximumBatchBytes = maximumBatchBytes
            self.maximumBatchEvents = maximumBatchEvents
            self.maximumParallelTenants = maximumParallelTenants
            self.retry = retry
        }

        func check() throws(StoreError) {
            guard min(maximumPageEvents, maximumBatchBytes, maximumBatchEvents, maximumParallelTenants) >= 1 else {
                throw StoreError(.invalidConfiguration, "Every maximum of an event copier is at least 1.")
            }
            try retry.check()
        }
    }

    let source: any FencedEventStore
    let target: any FencedEventStore
    let configuration: Configuration
    let rate: RateController?
    let timeline: Timeline
    let random: RandomSource

    /// Makes a copier; nothing is read or written yet.
    ///
    /// - Parameters:
    ///   - source: where the events are.
    ///   - target: where they go; it must not be the active store of a tenant that is copied.
    ///   - configuration: sizes, parallelism and retries.
    ///   - rate: what limits the writing; share one among all copiers into the same store.
    ///   - clock: what waits and rates are measured on.
    ///   - random: where back-off takes its jitter and a first epoch its route id from.
    public init(
        source: any FencedEventStore,
        target: any FencedEventStore,
        configuration: Configuration = Configuration(),
        rate: RateController? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system
    ) {
        self.source = source
        self.target = target
        self.configuration = configuration
        self.rate = rate
        timeline = Timeline(clock)
        self.random = random
    }

    /// Copies one tenant's log up to a position, going on from wherever the target is.
    ///
    /// Call it again to bring over what was appended meanwhile. Cancelling the task stops it after the batch that is under way
    /// and leaves a target that the next call goes on from.
    ///
    /// - Parameters:
    ///   - tenant: whose log.
    ///   - epoch: the epoch under which the target is written, as a follower. Without one, a target that is a follower keeps
    ///     its epoch, and a new one begins with number 1.
    ///   - position: the last position to copy; by default that of the source's head when the call starts.
    ///   - progress: told after each batch and before each repeated attempt, on the copier's task; keep it short.
    /// - Returns: what was copied, and the place that the target has reached.
    /// - Throws: `logDiverged` with the first position that differs, also when the target is ahead of the source; `corrupt`
    ///   when the source's log has a hole or contradicts its own digests; `storeIsActive` when the target is open for the
    ///   tenant; `fenced` when it is closed or a newer epoch has taken it; `tenantNotPrepared` when the source does not know the
    ///   tenant; `invalidArgument` for a position that the source does not have; `eventTooLarge` with the position;
    ///   `cancelled`; and what the stores throw after the last attempt.
    @concurrent
    @discardableResult
    public func copy(
        tenant: TenantID,
        epoch: Epoch? = nil,
        through position: Int64? = nil,
        progress: @escaping @Sendable (CopyProgress) -> Void = { _ in }
    ) async throws(StoreError) -> EventCopyResult {
        try configuration.check()
        let session = EventCopySession(copier: self, tenant: tenant)
        return try await session.run(epoch: epoch, through: position, progress: progress)
    }

    /// Copies several tenants, a few at a time. The failure of one never stops another.
    ///
    /// - Parameters:
    ///   - tenants: whose logs.
    ///   - progress: as with ``copy(tenant:epoch:through:progress:)``; calls for different tenants may overlap.
    /// - Returns: how each one ended, in the order of `tenants`.
    @concurrent
    public func copyAll(
        _ tenants: [TenantID],
        progress: @escaping @Sendable (CopyProgress) -> Void = { _ in }
    ) async -> [TenantCopyOutcome] {
        await withTaskGroup(of: (Int, Result<EventCopyResult, StoreError>).self) { group in
            var outcomes = [TenantCopyOutcome?](repeating: nil, count: tenants.count)
            var next = tenants.enumerated().makeIterator()
            func start(_ group: inout TaskGroup<(Int, Result<EventCopyResult, StoreError>)>) {
                guard let (index, tenant) = next.next() else { return }
                group.addTask {
                    do throws(StoreError) {
                        return (index, .success(try await copy(tenant: tenant, progress: progress)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, configuration.maximumParallelTenants) { start(&group) }
            while let (index, result) = await group.next() {
                outcomes[index] = TenantCopyOutcome(tenant: tenants[index], result: result)
                start(&group)
            }
            return outcomes.compactMap(\.self)
        }
    }
}

/// What a copy of one tenant's log did.
public struct EventCopyResult: Sendable, Hashable {
    /// Whose log.
    public let tenant: TenantID
    /// Where the target was when the copy started.
    public let start: LogCheckpoint
    /// The place up to which the target now equals the source.
    public let end: LogCheckpoint
    /// The epoch under which the target was written.
    public let epoch: Epoch
    /// How many events this copy appended; others between start and end came from another copier or a mirror.
    public let appended: Int64
    /// Attempts that failed for a passing reason and were made again.
    public let retries: Int
    /// How long it took.
    public let duration: Duration

    /// How many events the target gained while it was copied, whoever brought them.
    var advance: Int64 { end.position - start.position }
}

/// How the copy of one of several tenants ended.
public struct TenantCopyOutcome: Sendable {
    /// Whose log.
    public let tenant: TenantID
    /// What was copied, or why the copy of this tenant stopped.
    public let result: Result<EventCopyResult, StoreError>

    /// Why the copy of this tenant stopped; `nil` when it did not.
    public var error: StoreError? {
        if case .failure(let error) = result { error } else { nil }
    }
}
