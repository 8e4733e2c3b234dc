/// Scans one side of a collection as a single range, reading one page ahead. It knows nothing of a copier's ranges.
struct CollectionScan: Sendable {
    let store: any DocumentStore
    let collection: CollectionName
    let configuration: ConsistencyVerifier.Configuration
    let retrier: Retrier

    /// The sums and counts of the whole collection.
    ///
    /// - Parameters:
    ///   - start: where to go on.
    ///   - publish: gets a snapshot now and then.
    @concurrent
    func table(
        from start: ScanProgress,
        timeline: Timeline,
        publish: @Sendable (ScanProgress) async throws(StoreError) -> Void
    ) async -> Result<ScanProgress, StoreError> {
        guard !start.isDone else { return .success(start) }
        var progress = start
        var lastPublished = timeline.now
        do throws(StoreError) {
            try await forEachPage(after: start.continuation) { (page) throws(StoreError) in
                progress.table.add(page, sample: configuration.sample, options: configuration.digest)
                progress.continuation = page.continuation
                progress.isDone = page.continuation == nil
                guard timeline.now - lastPublished >= configuration.checkpointInterval else { return }
                lastPublished = timeline.now
                try await publish(progress)
            }
            return .success(progress)
        } catch {
            return .failure(error)
        }
    }

    /// Calls `body` with every page.
    func forEachPage(
        after start: Continuation? = nil,
        _ body: (ScanPage) async throws(StoreError) -> Void
    ) async throws(StoreError) {
        var sizer = PageSizer(
            maximumItems: configuration.maximumPageItems,
            maximumBytes: configuration.maximumPageBytes
        )
        let reader = try store.reader(of: ScanRange(collection), after: start)
        var next = try await page(of: reader, limit: sizer.limit).get()
        while true {
            try StoreError.checkCancellation()
            let page = next
            sizer.record(items: page.documents.count, bytes: page.documents.reduce(0) { $0 + $1.document.byteCount })
            guard page.continuation != nil else {
                try await body(page)
                return
            }
            let limit = sizer.limit
            async let ahead = self.page(of: reader, limit: limit)
            try await body(page)
            next = try await ahead.get()
        }
    }

    @concurrent
    private func page(of reader: any RangeReader, limit: Int) async -> Result<ScanPage, StoreError> {
        do throws(StoreError) {
            return .success(
                try await retrier(repeatsUnknown: true) { () throws(StoreError) in
                    try await reader.next(pageSize: limit)
                }
            )
        } catch {
            return .failure(error)
        }
    }
}
