/// Reads a range to its end, page after page: what copies and verifications read with.
///
/// It promises what a scan promises, except that a page may have been read before it is asked for: an adapter can keep a cursor
/// open and read ahead. Who needs to see what was written before the call uses ``DocumentStore/scan(_:after:pageSize:)``.
///
/// One task uses it, one call at a time. It has nothing to be closed: what it holds goes with it.
public protocol RangeReader: Sendable {
    /// The next page, which may be empty while more follow; the one without continuation is the last.
    ///
    /// After an error the next call reads the same page again.
    ///
    /// - Parameter pageSize: the most documents of this page, at least 1.
    /// - Throws: as ``DocumentStore/scan(_:after:pageSize:)``.
    func next(pageSize: Int) async throws(StoreError) -> ScanPage
}

extension DocumentStore {
    /// A reader that scans a page when it is asked for it.
    public func reader(of range: ScanRange, after continuation: Continuation?) throws(StoreError) -> any RangeReader {
        ScanningReader(store: self, range: range, after: continuation)
    }
}

/// Reads by scans, for stores without anything better.
private final class ScanningReader: RangeReader {
    private let store: any DocumentStore
    private let range: ScanRange
    private let progress: Locked<(place: Continuation?, isOver: Bool)>

    init(store: any DocumentStore, range: ScanRange, after continuation: Continuation?) {
        self.store = store
        self.range = range
        progress = Locked((continuation, false))
    }

    func next(pageSize: Int) async throws(StoreError) -> ScanPage {
        let (place, isOver) = progress.withLock { $0 }
        if isOver { return ScanPage(documents: [], continuation: nil) }
        let page = try await store.scan(range, after: place, pageSize: pageSize)
        progress.withLock { $0 = (page.continuation, page.continuation == nil) }
        return page
    }
}
