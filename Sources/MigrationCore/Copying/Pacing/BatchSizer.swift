/// Chooses how many items to write at once, so that a copy that is held to a rate disturbs the application least.
///
/// What a batch keeps busy, the disk and a processor, it keeps from the application for as long as the batch is large. So batches
/// become smaller while the limit makes the copy wait, for it has time to spare, and larger while it does not, for then the
/// work that each batch costs beside its items is what keeps it from the rate. Without a limit it never waits, and batches are as
/// large as they may be.
struct BatchSizer {
    /// Smaller batches would cost more than they spare.
    private static let minimumItems = 100.0

    /// The most items of a batch.
    let maximumItems: Int
    private var items: Double

    init(maximumItems: Int) {
        self.maximumItems = maximumItems
        items = Double(maximumItems)
    }

    /// How many items to write next, at least 1.
    var limit: Int { max(1, Int(items)) }

    /// Learns whether the limit made a batch wait.
    mutating func record(hasWaited: Bool) {
        let smallest = min(Self.minimumItems, Double(maximumItems))
        items = min(Double(maximumItems), max(smallest, items * (hasWaited ? 0.8 : 1.1)))
    }
}
