/// The durable memory of one job: which run it is, how the collection is cut, how far each range is.
///
/// Without a checkpoint store it remembers nothing, and each run begins anew.
struct CopyLedger: Sendable {
    let checkpoints: CheckpointStore?
    let name: String

    /// Begins a run of the job: the first one stores it, a later one takes it over from whoever ran it before.
    ///
    /// - Throws: `invalidConfiguration` when the name belongs to another job.
    func begin(_ makeJob: () async throws(StoreError) -> DocumentCopyJob) async throws(StoreError) -> DocumentCopyJob {
        guard let checkpoints else { return try await makeJob() }
        try await checkpoints.prepare()
        let wanted = try await makeJob()
        var attempts = 0
        while true {
            attempts += 1
            let stored = try await checkpoints.load(DocumentCopyJob.self, named: name)
            var job = stored?.value ?? wanted
            if let stored {
                guard stored.value.isSame(as: wanted) else {
                    throw StoreError(
                        .invalidConfiguration,
                        "The job \(name) copies between other stores, another collection or in another mode; give this one a name of its own.",
                        context: .init(store: checkpoints.store.id, collection: checkpoints.collection)
                    )
                }
                job.run += 1
            }
            do throws(StoreError) {
                return try await checkpoints.save(job, named: name, replacing: stored).value
            } catch {
                guard error.code == .versionConflict, attempts < 10 else { throw error }
            }
        }
    }

    /// Takes a range over for a run, with the place that is durably applied.
    ///
    /// - Throws: `versionConflict` when a later run has it.
    func claim(_ index: Int, run: Int64) async throws(StoreError) -> RangeLedger {
        var ledger = RangeLedger(checkpoints: checkpoints, name: "\(name):\(index)", value: RangeCheckpoint(run: run))
        guard let checkpoints else { return ledger }
        var attempts = 0
        while true {
            attempts += 1
            let stored = try await checkpoints.load(RangeCheckpoint.self, named: ledger.name)
            var value = stored?.value ?? RangeCheckpoint(run: run)
            guard value.run <= run else {
                throw StoreError(
                    .versionConflict,
                    "A later run of the job \(name) has taken this range over; this run stops.",
                    context: .init(store: checkpoints.store.id, collection: checkpoints.collection)
                )
            }
            value.run = run
            do throws(StoreError) {
                ledger.stored = try await checkpoints.save(value, named: ledger.name, replacing: stored)
                ledger.value = value
                return ledger
            } catch {
                guard error.code == .versionConflict, attempts < 10 else { throw error }
            }
        }
    }

    /// Forgets the job.
    func remove() async throws(StoreError) {
        guard let checkpoints, let job = try await checkpoints.load(DocumentCopyJob.self, named: name) else { return }
        for index in job.value.bounds.indices { try await checkpoints.remove(named: "\(name):\(index)") }
        try await checkpoints.remove(named: name)
    }
}

/// How far one range is, with the version that the next change must replace.
struct RangeLedger: Sendable {
    let checkpoints: CheckpointStore?
    let name: String
    var value: RangeCheckpoint
    var stored: StoredCheckpoint<RangeCheckpoint>?

    /// Remembers a page, after all of it was applied.
    mutating func advance(to continuation: Continuation?, counts: CopyCounts) async throws(StoreError) {
        var next = value
        next.continuation = continuation?.text
        next.isDone = continuation == nil
        next.counts += counts
        try next.counts.checkBalance()
        if let checkpoints { stored = try await checkpoints.save(next, named: name, replacing: stored) }
        value = next
    }
}
