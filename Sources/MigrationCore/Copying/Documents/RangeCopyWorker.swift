/// Copies one range of a collection, page by page: read, apply, remember. The next page is read while one is applied.
struct RangeCopyWorker: Sendable {
    let copier: DocumentCopier
    /// What a document that never expires is written with.
    let defaultLifetime: Lifetime
    let retrier: Retrier
    let reporter: ProgressReporter
    let failures: CopyFailures

    /// Copies what is left of a range and returns its checkpoint, which is not done when there were too many failures.
    @concurrent
    func copy(_ range: ScanRange, ledger: RangeLedger) async -> Result<RangeCheckpoint, StoreError> {
        do throws(StoreError) {
            return .success(try await run(range, ledger))
        } catch {
            return .failure(error)
        }
    }

    private func run(_ range: ScanRange, _ claimed: RangeLedger) async throws(StoreError) -> RangeCheckpoint {
        var ledger = claimed
        var sizer = PageSizer(
            maximumItems: copier.configuration.maximumPageDocuments,
            maximumBytes: copier.configuration.maximumBatchBytes
        )
        let start = ledger.value.continuation.map { Continuation(text: $0) }
        let reader = try copier.source.reader(of: range, after: start)
        var page = try await next(of: reader, limit: sizer.limit).get()
        while true {
            guard !failures.areTooMany else { return ledger.value }
            sizer.record(items: page.documents.count, bytes: page.documents.reduce(0) { $0 + $1.document.byteCount })
            let limit = sizer.limit
            let place = page.continuation
            async let ahead = nextIfThere(of: reader, isThere: place != nil, limit: limit)
            if Mutant.checkpointBeforeApply.isOn { try await ledger.advance(to: place, counts: CopyCounts()) }
            let counts = try await apply(page)
            try await retrier(repeatsUnknown: false, onRetry: { _ in reporter.retry() }) { () throws(StoreError) in
                try await ledger.advance(to: place, counts: counts)
            }
            reporter.advance(by: counts.read)
            guard let next = try await ahead.get() else { return ledger.value }
            page = next
        }
    }

    /// Brings one page into the target. Every document of it is accounted for.
    private func apply(_ page: ScanPage) async throws(StoreError) -> CopyCounts {
        var counts = CopyCounts()
        counts.read = Int64(page.documents.count + page.unreadable.count)
        for unreadable in page.unreadable {
            counts.failed += 1
            let error = StoreError(
                .corrupt,
                "What the source stores is no valid document; repair it there, then copy it again.",
                context: .init(store: copier.source.id, collection: unreadable.key?.collection),
                underlying: unreadable.error
            )
            try await failures.add(CopyFailure(key: unreadable.key, error: error, bytes: unreadable.bytes))
        }
        let writer = PageWriter(copier: copier, defaultLifetime: defaultLifetime, retrier: retrier, reporter: reporter)
        let end =
            copier.configuration.isDryRun
            ? try await writer.foretell(page.documents) : try await writer.write(page.documents)
        counts.written += Int64(end.written)
        counts.skipped += Int64(end.skipped)
        for (document, error) in end.failed {
            counts.failed += 1
            try await failures.add(CopyFailure(key: document.key, error: error, bytes: document.document.bson))
        }
        try counts.checkBalance()
        return counts
    }

    private func nextIfThere(
        of reader: any RangeReader,
        isThere: Bool,
        limit: Int
    ) async -> Result<ScanPage?, StoreError> {
        guard isThere else { return .success(nil) }
        return await next(of: reader, limit: limit).map { $0 }
    }

    private func next(of reader: any RangeReader, limit: Int) async -> Result<ScanPage, StoreError> {
        do throws(StoreError) {
            return .success(
                try await retrier(repeatsUnknown: true, onRetry: { _ in reporter.retry() }) { () throws(StoreError) in
                    try await reader.next(pageSize: limit)
                }
            )
        } catch {
            return .failure(error)
        }
    }
}
