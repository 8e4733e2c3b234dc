/// One run of a document copy: sets the target up, shares the ranges out among workers, and adds up what they did.
struct DocumentCopySession: Sendable {
    let copier: DocumentCopier
    let collection: CollectionName
    let job: String

    func run(
        onFailure: @escaping @Sendable (CopyFailure) async throws(StoreError) -> Void,
        progress: @escaping @Sendable (CopyProgress) -> Void
    ) async throws(StoreError) -> DocumentCopyReport {
        let began = copier.timeline.now
        guard copier.source.id != copier.target.id else {
            throw StoreError(
                .invalidArgument,
                "Source and target are the same store; a collection is copied between two."
            )
        }
        let retrier = Retrier(
            policy: copier.configuration.retry,
            timeline: copier.timeline,
            random: copier.random,
            rate: copier.rate
        )
        let definition = try await retrier(repeatsUnknown: true) { () throws(StoreError) in try await setUp() }
        let ledger = CopyLedger(checkpoints: copier.configuration.isDryRun ? nil : copier.checkpoints, name: job)
        let plan = try await retrier(repeatsUnknown: true) { () throws(StoreError) in
            try await ledger.begin { () throws(StoreError) in
                DocumentCopyJob(
                    source: copier.source.id,
                    target: copier.target.id,
                    collection: collection,
                    mode: copier.configuration.mode,
                    ranges: try await copier.source.scanRanges(
                        of: collection,
                        maximumCount: copier.configuration.maximumRanges
                    )
                )
            }
        }
        var ranges: [RangeLedger] = []
        for index in plan.bounds.indices {
            ranges.append(
                try await retrier(repeatsUnknown: true) { () throws(StoreError) in
                    try await ledger.claim(index, run: plan.run)
                }
            )
        }
        var counts = ranges.reduce(into: CopyCounts()) { $0 += $1.value.counts }
        let reporter = ProgressReporter(
            .collection(collection),
            done: counts.read,
            total: Int64(
                try await retrier(repeatsUnknown: true) { () throws(StoreError) in
                    try await copier.source.count(collection)
                }
            ),
            timeline: copier.timeline,
            handler: progress
        )
        let failures = CopyFailures(
            earlier: counts.failed,
            maximumKept: copier.configuration.maximumKeptFailures,
            maximumKeptBytes: copier.configuration.maximumKeptFailureBytes,
            maximumCount: Int64(copier.configuration.maximumFailures),
            handler: onFailure
        )
        let worker = RangeCopyWorker(
            copier: copier,
            defaultLifetime: definition.defaultLifetime == nil ? .collectionDefault : .forever,
            retrier: retrier,
            reporter: reporter,
            failures: failures
        )
        let work = ranges.indices.filter { !ranges[$0].value.isDone }.map { index in
            (ledger: ranges[index], range: plan.range(index, of: collection))
        }
        let done = ranges.filter(\.value.isDone)
        counts = done.reduce(into: CopyCounts()) { $0 += $1.value.counts }
        var isComplete = true
        for checkpoint in try await workThrough(work, with: worker) {
            counts += checkpoint.counts
            isComplete = isComplete && checkpoint.isDone
        }
        try counts.checkBalance()
        return DocumentCopyReport(
            collection: collection,
            counts: counts,
            isComplete: isComplete,
            failures: failures.kept,
            retries: reporter.retries,
            duration: copier.timeline.now - began
        )
    }

    /// Creates the collection in the target as the source defines it; a dry run only compares.
    private func setUp() async throws(StoreError) -> CollectionDefinition {
        guard let definition = try await copier.source.collections().first(where: { $0.name == collection }) else {
            throw StoreError(
                .collectionNotFound,
                "The source has no collection of this name; its collections are listed by collections().",
                context: .init(store: copier.source.id, collection: collection)
            )
        }
        guard copier.configuration.isDryRun else {
            try await copier.target.ensureCollection(definition)
            return definition
        }
        let existing = try await copier.target.collections().first { $0.name == collection }
        guard existing == nil || existing?.partitionPaths == definition.partitionPaths else {
            throw StoreError(
                .collectionMismatch,
                "The target's collection has another partition path; copy into a collection of another store.",
                context: .init(store: copier.target.id, collection: collection)
            )
        }
        return definition
    }

    /// Runs a bounded number of workers. The first error stops the others, which leave their last page remembered.
    private func workThrough(
        _ work: [(ledger: RangeLedger, range: ScanRange)],
        with worker: RangeCopyWorker
    ) async throws(StoreError) -> [RangeCheckpoint] {
        let outcome = await withTaskGroup(of: Result<RangeCheckpoint, StoreError>.self) { group in
            var next = work.makeIterator()
            var checkpoints: [RangeCheckpoint] = []
            var failure: StoreError?
            func start(_ group: inout TaskGroup<Result<RangeCheckpoint, StoreError>>) {
                guard failure == nil, let (ledger, range) = next.next() else { return }
                group.addTask { await worker.copy(range, ledger: ledger) }
            }
            for _ in 0..<copier.configuration.maximumWorkers { start(&group) }
            while let result = await group.next() {
                switch result {
                case .success(let checkpoint): checkpoints.append(checkpoint)
                case .failure(let error) where failure == nil:
                    failure = error
                    group.cancelAll()
                case .failure: break
                }
                start(&group)
            }
            return failure.map { .failure($0) } ?? Result<_, StoreError>.success(checkpoints)
        }
        return try outcome.get()
    }
}
