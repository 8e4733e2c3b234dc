/// Scans one side of a collection as a single range, reading one page ahead. It knows nothing of a copier's ranges.
struct CollectionScan: Sendable {
    let store: any DocumentStore
    let collection: CollectionName
    let configuration: ConsistencyVerifier.Configuration
    let retrier: Retrier

    /// The sums and counts of the whole collection.
    @concurrent
    func table() async -> Result<BucketTable, StoreError> {
        var table = BucketTable()
        do throws(StoreError) {
            try await forEachPage { page in
                table.add(page, sample: configuration.sample, options: configuration.digest)
            }
            return .success(table)
        } catch {
            return .failure(error)
        }
    }

    /// Calls `body` with every page.
    func forEachPage(_ body: (ScanPage) -> Void) async throws(StoreError) {
        var sizer = PageSizer(
            maximumItems: configuration.maximumPageItems,
            maximumBytes: configuration.maximumPageBytes
        )
        var next = try await page(after: nil, limit: sizer.limit).get()
        while true {
            let page = next
            sizer.record(items: page.documents.count, bytes: page.documents.reduce(0) { $0 + $1.document.byteCount })
            guard let continuation = page.continuation else { return body(page) }
            let limit = sizer.limit
            async let ahead = self.page(after: continuation, limit: limit)
            body(page)
            next = try await ahead.get()
        }
    }

    @concurrent
    private func page(after continuation: Continuation?, limit: Int) async -> Result<ScanPage, StoreError> {
        do throws(StoreError) {
            return .success(
                try await retrier(repeatsUnknown: true) { () throws(StoreError) in
                    try await store.scan(ScanRange(collection), after: continuation, pageSize: limit)
                }
            )
        } catch {
            return .failure(error)
        }
    }
}
