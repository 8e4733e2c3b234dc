/// Picks the next page of a sorted query from all documents of a collection, in memory bounded by the page.
///
/// Offer it every document that the filter selects, in any order. It keeps the first `size` of those that come after the
/// cursor's position, in a heap whose root is the last of them, so one pass costs n log(size) and no more memory than the page.
package struct SortedPage {
    private struct Entry {
        let document: StoredDocument
        let values: [Value?]
        let partition: String
        let id: String
    }

    private let sort: [SortField]
    private let size: Int
    private let after: (values: [Value?], partition: String, id: String)?
    /// A binary heap: no entry comes after its parent.
    private var heap: [Entry] = []
    private var leftOut = false

    /// Makes an empty page behind a cursor.
    ///
    /// - Throws: `invalidContinuation` when the cursor has a position of another kind of query.
    package init(_ query: DocumentQuery, cursor: QueryCursor, size: Int) throws(StoreError) {
        sort = query.sort
        self.size = min(size, query.limit.map { max(0, $0 - cursor.returned) } ?? size)
        switch cursor.position {
        case nil: after = nil
        case .sorted(let values, let partition, let id) where values.count == query.sort.count:
            after = (values, partition, id)
        default: throw StoreError(.invalidContinuation, "The continuation is not one of a sorted query; begin again.")
        }
    }

    /// Considers a document for the page.
    package mutating func offer(_ document: StoredDocument) {
        let values = sort.map { document.document[path: $0.path] }
        let entry = Entry(
            document: document,
            values: values,
            partition: document.key.partition.text,
            id: document.key.id.text
        )
        if let after, compare(entry, after.values, after.partition, after.id) != .greater { return }
        guard size > 0 else { return }
        if heap.count < size {
            heap.append(entry)
            siftUp(from: heap.count - 1)
        } else {
            leftOut = true
            guard compare(entry, heap[0]) == .less else { return }
            heap[0] = entry
            siftDown()
        }
    }

    /// The page, and the cursor behind it; no cursor when the query has ended.
    package consuming func finish(
        _ query: DocumentQuery,
        cursor: QueryCursor
    ) -> (documents: [StoredDocument], cursor: QueryCursor?) {
        let entries = heap.sorted { compare($0, $1) == .less }
        guard let last = entries.last, leftOut else { return (entries.map(\.document), nil) }
        var cursor = cursor
        cursor.returned += entries.count
        if let limit = query.limit, cursor.returned >= limit { return (entries.map(\.document), nil) }
        cursor.position = .sorted(values: last.values, partition: last.partition, id: last.id)
        return (entries.map(\.document), cursor)
    }

    private func compare(_ a: Entry, _ b: Entry) -> Ordering { compare(a, b.values, b.partition, b.id) }

    private func compare(_ a: Entry, _ values: [Value?], _ partition: String, _ id: String) -> Ordering {
        for index in sort.indices {
            let order = ValueOrder.compare(a.values[index], values[index])
            if order != .equal { return sort[index].direction == .ascending ? order : order.reversed }
        }
        return Ordering(utf8: a.partition, partition).then(Ordering(utf8: a.id, id))
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard compare(heap[child], heap[parent]) == .greater else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var largest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if compare(heap[child], heap[largest]) == .greater { largest = child }
            }
            guard largest != parent else { return }
            heap.swapAt(parent, largest)
            parent = largest
        }
    }
}
