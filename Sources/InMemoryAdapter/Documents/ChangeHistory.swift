internal import MigrationCore

/// The last changes of a collection, numbered 1, 2, 3, ...; the document itself is looked up when a change is delivered.
struct ChangeHistory {
    struct Change {
        let key: ItemKey
        /// The tag of the version that was written; `nil` for a delete.
        let etag: ETag?
    }

    /// The number of the last change; 0 when there was none.
    private(set) var last: Int64 = 0
    private let limit: Int
    private var changes: [Change] = []

    init(limit: Int) { self.limit = limit }

    /// The smallest number after which all changes are known.
    var oldestPoint: Int64 { max(0, last - Int64(limit)) }

    mutating func append(_ key: ItemKey, _ etag: ETag?) {
        last += 1
        changes.append(Change(key: key, etag: etag))
    }

    /// Forgets the changes after a number that was ``last`` since the last ``tidy()``.
    mutating func takeBack(to number: Int64) {
        changes.removeLast(Int(last - number))
        last = number
    }

    /// Drops what is beyond the limit; it has an effect only now and then, so that its cost is spread.
    mutating func tidy() {
        if changes.count > 2 * limit + 64 { changes.removeFirst(changes.count - limit) }
    }

    /// The change with a number after ``oldestPoint``.
    subscript(number: Int64) -> Change { changes[changes.count - Int(last - number) - 1] }
}
