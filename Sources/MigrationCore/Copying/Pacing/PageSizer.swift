/// Chooses how many items to read at once, so that a page of them stays within a number of bytes.
///
/// Stores take a count, not bytes; this learns the size of the items from the pages before. It reacts to large items at once
/// and to small ones slowly.
struct PageSizer {
    private let maximumItems: Int
    private let maximumBytes: Int
    /// Before the first page: what an item is thought to have.
    private var expectedBytes = 4_096.0

    init(maximumItems: Int, maximumBytes: Int) {
        self.maximumItems = maximumItems
        self.maximumBytes = maximumBytes
    }

    /// How many items to read next, at least 1.
    var limit: Int { max(1, Int(min(Double(maximumItems), Double(maximumBytes) / expectedBytes))) }

    /// Learns from a page.
    mutating func record(items: Int, bytes: Int) {
        guard items > 0 else { return }
        let average = max(1, Double(bytes) / Double(items))
        expectedBytes = average > expectedBytes ? average : (expectedBytes * 3 + average) / 4
    }
}
