/// Compares what two stores hold, reading both itself, while writes go on.
///
/// It shares nothing with the copiers: logs are read by position on both sides, collections as one range. It holds a bounded
/// number of records at a time, whatever the size of the data.
///
/// ```
/// let report = try await ConsistencyVerifier().verifyEvents(of: "acme", source: old, target: new)
/// print(report)
/// precondition(report.isConsistent)
/// ```
public struct ConsistencyVerifier: Sendable {
    /// How deep to look.
    public enum Level: String, Sendable, Hashable {
        /// Heads, counts and places: nothing is hashed.
        case count
        /// And every digest, recomputed from the stored bytes of both sides.
        case digest
        /// And what differs: kinds and names of fields.
        case full
    }

    /// What to look at and how much to keep.
    public struct Configuration: Sendable {
        /// How deep to look.
        public var level: Level
        /// How much is compared in content, from 0 to 100: streams, or documents, chosen by their names. The rest is counted.
        public var samplePercentage: Double
        /// What chooses the sample; another number chooses another one.
        public var sampleSeed: UInt64
        /// What makes two documents equal.
        public var digest: DigestOptions
        /// How long a difference is given to vanish, because a write is still on its way, before it is looked at again.
        public var settleDelay: Duration
        /// How often it is looked at again before it is reported.
        public var settleRounds: Int
        /// How many violations a report keeps; all are counted.
        public var maximumViolations: Int
        /// How many streams, or ranges, a report keeps; all are counted.
        public var maximumResults: Int
        /// How many streams are counted in one pass over the logs; with more of them there are more passes.
        public var maximumStreamsPerPass: Int
        /// How many keys are held to find out which documents differ; with more of them there are more scans.
        public var maximumSuspects: Int
        /// The most records that are read at once.
        public var maximumPageItems: Int
        /// The most bytes of a page, by the size of the records read before it.
        public var maximumPageBytes: Int
        /// How often a checkpoint is handed out.
        public var checkpointInterval: Duration
        /// How calls are repeated that failed for a passing reason.
        public var retry: RetryPolicy

        /// Makes a configuration.
        public init(
            level: Level = .full,
            samplePercentage: Double = 100,
            sampleSeed: UInt64 = 0,
            digest: DigestOptions = .default,
            settleDelay: Duration = .milliseconds(500),
            settleRounds: Int = 3,
            maximumViolations: Int = 1_000,
            maximumResults: Int = 1_000,
            maximumStreamsPerPass: Int = 32_768,
            maximumSuspects: Int = 32_768,
            maximumPageItems: Int = 500,
            maximumPageBytes: Int = 2 << 20,
            checkpointInterval: Duration = .seconds(10),
            retry: RetryPolicy = RetryPolicy()
        ) {
            self.level = level
            self.samplePercentage = samplePercentage
            self.sampleSeed = sampleSeed
            self.digest = digest
            self.settleDelay = settleDelay
            self.settleRounds = settleRounds
            self.maximumViolations = maximumViolations
            self.maximumResults = maximumResults
            self.maximumStreamsPerPass = maximumStreamsPerPass
            self.maximumSuspects = maximumSuspects
            self.maximumPageItems = maximumPageItems
            self.maximumPageBytes = maximumPageBytes
            self.checkpointInterval = checkpointInterval
            self.retry = retry
        }

        func check() throws(StoreError) {
            guard (0...100).contains(samplePercentage) else {
                throw StoreError(.invalidConfiguration, "A sample is between 0 and 100 percent.")
            }
            guard min(maximumStreamsPerPass, maximumSuspects, maximumPageItems, maximumPageBytes) >= 1,
                min(maximumViolations, maximumResults, settleRounds) >= 0, settleDelay >= .zero
            else {
                throw StoreError(
                    .invalidConfiguration,
                    "Pages and tables of a verifier hold at least 1 item, and its other settings are not negative."
                )
            }
            try retry.check()
        }

        var sample: VerificationSample { VerificationSample(percentage: samplePercentage, seed: sampleSeed) }
    }

    let configuration: Configuration
    let timeline: Timeline
    let random: RandomSource

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - configuration: what to look at and how much to keep.
    ///   - clock: what waits and ages are measured on.
    ///   - random: where back-off takes its jitter from.
    public init(
        configuration: Configuration = Configuration(),
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system
    ) {
        self.configuration = configuration
        timeline = Timeline(clock)
        self.random = random
    }

    var retrier: Retrier {
        Retrier(policy: configuration.retry, timeline: timeline, random: random, rate: nil)
    }

    /// Compares the logs of one tenant, up to a position of the source.
    ///
    /// What the application appends meanwhile is not looked at. A target that is behind is first given time to catch up, as
    /// long as it moves and ``Configuration/settleRounds`` times ``Configuration/settleDelay`` beyond that.
    ///
    /// - Parameters:
    ///   - tenant: whose logs.
    ///   - source: the store that was copied from.
    ///   - target: the store that was copied to.
    ///   - position: the last position to compare; by default that of the source's head when the call starts.
    ///   - checkpoint: of an earlier call with the same settings that was interrupted; its findings and its last position are kept.
    ///   - onCheckpoint: gets a checkpoint every ``Configuration/checkpointInterval``, to be kept; it may stop the call by throwing.
    /// - Returns: what was found.
    /// - Throws: `tenantNotPrepared` when the source does not know the tenant; `invalidArgument` for a position that the source
    ///   does not have, or a checkpoint of another verification; `newerSchema`; `cancelled`; and what the stores throw after the
    ///   last attempt.
    @concurrent
    public func verifyEvents(
        of tenant: TenantID,
        source: any FencedEventStore,
        target: any FencedEventStore,
        through position: Int64? = nil,
        resuming checkpoint: EventVerificationCheckpoint? = nil,
        onCheckpoint: (@Sendable (EventVerificationCheckpoint) async throws(StoreError) -> Void)? = nil
    ) async throws(StoreError) -> EventVerificationReport {
        try configuration.check()
        let session = EventVerification(verifier: self, tenant: tenant, source: source, target: target)
        return try await session.run(through: position, resuming: checkpoint, onCheckpoint: onCheckpoint)
    }

    /// Compares a collection, document by document, whatever the order in which the stores list it.
    ///
    /// One scan of each side adds hashes up for ranges of keys. Ranges that differ are scanned again for the keys that differ, and
    /// those are read on both sides until they agree or have had their time. What cannot be read for a passing reason is
    /// counted as unknown, not as different.
    ///
    /// - Parameters:
    ///   - collection: which collection; a side that lacks it counts as empty.
    ///   - source: the store that was copied from.
    ///   - target: the store that was copied to.
    ///   - checkpoint: of an earlier call with the same settings that was interrupted: its scans go on where they were.
    ///   - onCheckpoint: gets a checkpoint every ``Configuration/checkpointInterval``, to be kept; it may stop the call by throwing.
    /// - Returns: what was found.
    /// - Throws: `invalidArgument` for a checkpoint of another verification; `invalidConfiguration`, `cancelled`, and what the stores throw after the last attempt.
    @concurrent
    public func verifyDocuments(
        in collection: CollectionName,
        source: any DocumentStore,
        target: any DocumentStore,
        resuming checkpoint: DocumentVerificationCheckpoint? = nil,
        onCheckpoint: (@Sendable (DocumentVerificationCheckpoint) async throws(StoreError) -> Void)? = nil
    ) async throws(StoreError) -> DocumentVerificationReport {
        try configuration.check()
        let session = DocumentVerification(verifier: self, collection: collection, source: source, target: target)
        return try await session.run(resuming: checkpoint, onCheckpoint: onCheckpoint)
    }
}
