/// Cuts a page of events into batches that one offer can carry.
struct EventBatches: Sequence, IteratorProtocol {
    private var rest: ArraySlice<StoredEvent>
    private let maximumEvents: Int
    private let maximumBytes: Int

    /// - Parameters:
    ///   - page: the events.
    ///   - maximumEvents: the most events of one batch.
    ///   - maximumBytes: the most bytes of one batch in canonical form; a single larger event is a batch of its own.
    init(_ page: [StoredEvent], maximumEvents: Int, maximumBytes: Int) {
        rest = page[...]
        self.maximumEvents = maximumEvents
        self.maximumBytes = maximumBytes
    }

    mutating func next() -> (events: [StoredEvent], bytes: Int)? {
        var count = 0
        var bytes = 0
        for event in rest.prefix(maximumEvents) {
            let size = event.canonicalByteCount
            if count > 0, bytes + size > maximumBytes { break }
            count += 1
            bytes += size
        }
        guard count > 0 else { return nil }
        defer { rest = rest.dropFirst(count) }
        return (Array(rest.prefix(count)), bytes)
    }
}
