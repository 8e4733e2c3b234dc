internal import MigrationCore

/// A point in the change feed of a collection: what its continuation holds.
struct FeedPoint {
    /// The prefix of the store's tags: points of another store are not known here.
    let store: String
    let collection: CollectionName
    /// The number of the last change before this point.
    var number: Int64
    /// The slots that a feed from the beginning still has to show before the changes; `nil` when it has shown them.
    var slots: Range<Int64>?

    init(store: String, collection: CollectionName, number: Int64, slots: Range<Int64>? = nil) {
        self.store = store
        self.collection = collection
        self.number = number
        self.slots = slots
    }

    /// Reads a point back. Throws `invalidContinuation` for one that is damaged or of another feed.
    init(_ continuation: Continuation, collection: CollectionName) throws(StoreError) {
        let parts = continuation.text.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "feed1", let number = Int64(parts[2]), number >= 0,
            let first = Int64(parts[3]), let end = Int64(parts[4]), 0 <= first, first <= end,
            String(parts[5]).hasSameUTF8(as: collection.text)
        else { throw FeedPoint.invalid(collection) }
        self.init(
            store: String(parts[1]),
            collection: collection,
            number: number,
            slots: first < end ? first..<end : nil
        )
    }

    var continuation: Continuation {
        let slots = slots ?? 0..<0
        return Continuation(
            text: "feed1 \(store) \(number) \(slots.lowerBound) \(slots.upperBound) \(collection.text)"
        )
    }

    static func invalid(_ collection: CollectionName) -> StoreError {
        StoreError(
            .invalidContinuation,
            "The continuation is damaged or belongs to another feed; begin the feed again.",
            context: .init(collection: collection)
        )
    }

    static func lost(_ collection: CollectionName) -> StoreError {
        StoreError(
            .feedHistoryLost,
            "The changes after the continuation are no longer known; begin again from a scan, or keep a longer history.",
            context: .init(collection: collection)
        )
    }
}
