/// Moves pages of one log from a place on, reading one page ahead of the writing.
struct EventCopyRun {
    /// How a run of pages ended.
    enum End: Hashable {
        /// The target has everything up to the goal.
        case reachedGoal
        /// The target's head is not where this run left it: look again where to go on.
        case targetMoved
    }

    let copier: EventCopier
    let tenant: TenantID
    let epoch: Epoch
    /// The last position to copy.
    let goal: Int64
    /// Up to where the target is known to equal the source.
    private(set) var place: LogCheckpoint
    let retrier: Retrier
    let reporter: ProgressReporter
    /// How many events this run appended.
    private(set) var appended: Int64 = 0

    init(
        copier: EventCopier,
        tenant: TenantID,
        epoch: Epoch,
        goal: Int64,
        place: LogCheckpoint,
        retrier: Retrier,
        reporter: ProgressReporter
    ) {
        self.copier = copier
        self.tenant = tenant
        self.epoch = epoch
        self.goal = goal
        self.place = place
        self.retrier = retrier
        self.reporter = reporter
    }

    mutating func movePages() async throws(StoreError) -> End {
        var sizer = PageSizer(
            maximumItems: copier.configuration.maximumPageEvents,
            maximumBytes: copier.configuration.maximumBatchBytes
        )
        let reader = LogPageReader(
            source: copier.source,
            tenant: tenant,
            goal: goal,
            retrier: retrier,
            reporter: reporter
        )
        var page = try await reader.page(after: place, limit: pageLimit(sizer)).get()
        while let last = page.last {
            sizer.record(items: page.count, bytes: page.reduce(0) { $0 + $1.canonicalByteCount })
            let limit = pageLimit(sizer)
            async let ahead = reader.page(after: last.checkpoint, limit: limit)
            guard try await write(page) else { return .targetMoved }
            page = try await ahead.get()
        }
        return .reachedGoal
    }

    /// A page is read while a batch is written, and is as much work.
    private func pageLimit(_ sizer: PageSizer) -> Int {
        copier.rate?.batchLimit(items: sizer.limit, bytes: 0).items ?? sizer.limit
    }

    /// Writes one page; `false` when the target's head is not where it should be.
    private mutating func write(_ page: [StoredEvent]) async throws(StoreError) -> Bool {
        let most = (
            items: min(copier.configuration.maximumBatchEvents, copier.target.capabilities.maximumAppendEvents),
            bytes: min(copier.configuration.maximumBatchBytes, copier.target.capabilities.maximumAppendBytes)
        )
        let limit = copier.rate?.batchLimit(items: most.items, bytes: most.bytes) ?? most
        let batches = EventBatches(page, maximumEvents: limit.items, maximumBytes: limit.bytes)
        for (events, bytes) in batches {
            guard let last = events.last else { continue }
            try await copier.rate?.acquire(items: events.count, bytes: bytes)
            switch try await offer(events) {
            case .behind where Mutant.copierTrustsItsMemory.isOn: place = last.checkpoint
            case .behind: return false
            case .applied(let head, let count):
                appended += Int64(count)
                guard head.position != last.position || head.digest == last.digest else {
                    throw StoreError(
                        .internalInconsistency,
                        "The target took events and ended with another digest; stop and verify it.",
                        context: .init(store: copier.target.id, tenant: tenant, position: head.position)
                    )
                }
                place = last.checkpoint
                reporter.advance(to: place.position)
                // A mirror or another copier is far ahead: go on from there instead of offering what is there.
                if head.position > last.position + Int64(2 * page.count), head.position <= goal { return false }
            }
        }
        return true
    }

    private func offer(_ events: [StoredEvent]) async throws(StoreError) -> OfferOutcome {
        do throws(StoreError) {
            return try await retrier(repeatsUnknown: true, onRetry: { _ in reporter.retry() }) {
                () throws(StoreError) in
                try await copier.target.offer(events, tenant: tenant, after: place, epoch: epoch)
            }
        } catch {
            throw EventCopyDiagnosis(source: copier.source.id, tenant: tenant).explain(
                error,
                offered: events,
                after: place
            )
        }
    }
}
