/// Copies a collection of documents from one store into another: in ranges side by side, resumable, by conditional writes only.
///
/// A page is read, written, and only then remembered as done; what a crash leaves between the two is found already there by
/// the next run. Bodies, ids, partition keys and what is left of each lifetime are kept.
///
/// ```
/// let copier = DocumentCopier(source: old, target: new, checkpoints: CheckpointStore(control))
/// let report = try await copier.copy("orders", job: "move-orders")
/// precondition(report.isComplete && report.counts.failed == 0)
/// ```
///
/// Use it on collections that rest, or in front of a verification: what the application changes behind the scan is not followed.
public struct DocumentCopier: Sendable {
    /// What happens to a document that the target has already.
    public enum Mode: String, Sendable, Hashable {
        /// It stays as it is and counts as skipped.
        case insertIfAbsent
        /// It is replaced when it differs, while it has the version that was compared.
        case upsert
    }

    /// How a copier reads, writes and tries again.
    public struct Configuration: Sendable {
        /// What happens to a document that the target has already.
        public var mode: Mode
        /// Whether only to read and to foretell: nothing is written, neither documents nor checkpoints.
        public var isDryRun: Bool
        /// The most ranges that are copied side by side.
        public var maximumWorkers: Int
        /// The most ranges that a collection is cut into.
        public var maximumRanges: Int
        /// The most documents that are read or written at once; each worker has up to two pages in memory.
        public var maximumPageDocuments: Int
        /// The most bytes of a page, by the size of the documents read before it, and of a batch.
        public var maximumBatchBytes: Int
        /// How many documents may fail before the copy stops.
        public var maximumFailures: Int
        /// How many failures the report keeps.
        public var maximumKeptFailures: Int
        /// How many bytes of failed documents the report keeps in all.
        public var maximumKeptFailureBytes: Int
        /// How calls are repeated that failed for a passing reason.
        public var retry: RetryPolicy

        /// Makes a configuration.
        public init(
            mode: Mode = .insertIfAbsent,
            isDryRun: Bool = false,
            maximumWorkers: Int = 4,
            maximumRanges: Int = 16,
            maximumPageDocuments: Int = 500,
            maximumBatchBytes: Int = 4 << 20,
            maximumFailures: Int = 10_000,
            maximumKeptFailures: Int = 100,
            maximumKeptFailureBytes: Int = 1 << 20,
            retry: RetryPolicy = RetryPolicy()
        ) {
            self.mode = mode
            self.isDryRun = isDryRun
            self.maximumWorkers = maximumWorkers
            self.maximumRanges = maximumRanges
            self.maximumPageDocuments = maximumPageDocuments
            self.maximumBatchBytes = maximumBatchBytes
            self.maximumFailures = maximumFailures
            self.maximumKeptFailures = maximumKeptFailures
            self.maximumKeptFailureBytes = maximumKeptFailureBytes
            self.retry = retry
        }

        func check() throws(StoreError) {
            guard min(maximumWorkers, maximumRanges, maximumPageDocuments, maximumBatchBytes) >= 1,
                min(maximumFailures, maximumKeptFailures, maximumKeptFailureBytes) >= 0
            else {
                throw StoreError(
                    .invalidConfiguration,
                    "Workers, ranges and pages of a document copier are at least 1, and its limits on failures at least 0."
                )
            }
            try retry.check()
        }
    }

    let source: any DocumentStore
    let target: any DocumentStore
    let checkpoints: CheckpointStore?
    let configuration: Configuration
    let rate: RateController?
    let timeline: Timeline
    let now: @Sendable () -> WallTime
    let random: RandomSource

    /// Makes a copier; nothing is read or written yet.
    ///
    /// - Parameters:
    ///   - source: where the documents are.
    ///   - target: where they go.
    ///   - checkpoints: where a job remembers how far it is; without it each call begins anew.
    ///   - configuration: mode, sizes, parallelism, limits and retries.
    ///   - rate: what limits the writing; share one among all copiers into the same store.
    ///   - clock: what waits and rates are measured on.
    ///   - now: the wall clock that says which documents have expired.
    ///   - random: where back-off takes its jitter from.
    public init(
        source: any DocumentStore,
        target: any DocumentStore,
        checkpoints: CheckpointStore? = nil,
        configuration: Configuration = Configuration(),
        rate: RateController? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> WallTime = { .now() },
        random: RandomSource = .system
    ) {
        self.source = source
        self.target = target
        self.checkpoints = checkpoints
        self.configuration = configuration
        self.rate = rate
        timeline = Timeline(clock)
        self.now = now
        self.random = random
    }

    /// Copies one collection, going on from where earlier runs of the job came to.
    ///
    /// The collection is created in the target as the source defines it. A job that is complete copies nothing again; give the
    /// next copy another name. When two runs of a job overlap, the later one takes over and the earlier one stops.
    ///
    /// - Parameters:
    ///   - collection: which collection.
    ///   - job: the name under which the checkpoints are kept; by default made of the collection and both stores.
    ///   - onFailure: gets each document that could not be copied, before the page that holds it counts as done; after a crash
    ///     it may get one again. Keep what it gets, for example in a collection of dead letters. It may stop the copy by throwing.
    ///   - progress: told after each page and before each repeated attempt; keep it short.
    /// - Returns: what became of the documents, those of earlier runs included.
    /// - Throws: `collectionNotFound` when the source has no such collection; `collectionMismatch` when the target's has another
    ///   partition path; `unsupported` when the target cannot hold it; `versionConflict` when a later run has taken over;
    ///   `invalidConfiguration` when the job's name belongs to another one; errors of category `authorization` and `data` at
    ///   once; `cancelled`; and what the stores throw after the last attempt. What was applied stays and is remembered.
    @concurrent
    @discardableResult
    public func copy(
        _ collection: CollectionName,
        job: String? = nil,
        onFailure: @escaping @Sendable (CopyFailure) async throws(StoreError) -> Void = { _ in },
        progress: @escaping @Sendable (CopyProgress) -> Void = { _ in }
    ) async throws(StoreError) -> DocumentCopyReport {
        try configuration.check()
        let session = DocumentCopySession(copier: self, collection: collection, job: jobName(job, collection))
        return try await session.run(onFailure: onFailure, progress: progress)
    }

    /// Forgets how far a job is, so that the next copy under its name begins anew. Nothing is removed from the target.
    public func forget(_ collection: CollectionName, job: String? = nil) async throws(StoreError) {
        try await CopyLedger(checkpoints: checkpoints, name: jobName(job, collection)).remove()
    }

    private func jobName(_ job: String?, _ collection: CollectionName) -> String {
        job ?? "copy:\(source.id):\(target.id):\(collection)"
    }
}

/// What a copy of a collection did.
public struct DocumentCopyReport: Sendable {
    /// Which collection.
    public let collection: CollectionName
    /// What became of the documents, those of earlier runs of the job included. In a dry run: what would become of them.
    public let counts: CopyCounts
    /// Whether all ranges are done. `false` means that the copy stopped at its limit of failures.
    public let isComplete: Bool
    /// The first failures of this run; ``CopyCounts/failed`` has their number.
    public let failures: [CopyFailure]
    /// Attempts that failed for a passing reason and were made again.
    public let retries: Int
    /// How long this run took.
    public let duration: Duration
}

extension DocumentCopyReport: CustomStringConvertible {
    public var description: String {
        "\(collection): \(counts.read) read, \(counts.written) written, \(counts.skipped) skipped, \(counts.failed) failed"
            + (isComplete ? "" : "; stopped at the limit of failures")
    }
}
