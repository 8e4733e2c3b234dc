public import MigrationCore

extension SQLiteDocumentStore {
    public func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await named { () async throws(StoreError) -> ScanPage in
            try DocumentRules.check(pageSize: pageSize)
            let cursor = try ScanCursor(range, after: continuation)
            let lower = cursor.position ?? range.lowerBound
            let start = try Self.place(lower, isContinuation: cursor.position != nil)
            let end = try Self.place(range.upperBound, isContinuation: false)
            return try await database.readers.read { [now] (connection) throws(StoreError) -> ScanPage in
                var documents: [StoredDocument] = []
                var unreadable: [UnreadableDocument] = []
                let pages = DocumentPages(collection: range.collection, partition: nil, now: now())
                let last = try pages.visit(after: start, on: connection) { (row, place) throws(StoreError) in
                    // A range holds what comes after its lower bound, up to and with its upper bound.
                    if let end, place() != end, place().isAtOrAfter(end) { return .end }
                    switch row {
                    case .document(let document): documents.append(document)
                    case .unreadable(let row): unreadable.append(row)
                    case .expired: break
                    }
                    return documents.count + unreadable.count < pageSize ? .more : .full
                }
                return ScanPage(
                    documents: documents,
                    unreadable: unreadable,
                    continuation: last.map { cursor.continuation(at: $0.text) }
                )
            }
        }
    }

    private static func place(_ text: String?, isContinuation: Bool) throws(StoreError) -> DocumentPlace? {
        guard let text else { return nil }
        guard let place = DocumentPlace(text: text) else {
            throw isContinuation
                ? StoreError(.invalidContinuation, "The continuation is damaged; begin the scan again without one.")
                : StoreError(.invalidArgument, "The range was not made by this kind of store; ask it for its ranges.")
        }
        return place
    }

    public func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await named { () async throws(StoreError) -> [ScanRange] in
            guard maximumCount >= 1 else {
                throw StoreError(.invalidArgument, "Ask for at least 1 range, not \(maximumCount).")
            }
            return try await database.readers.read { (connection) throws(StoreError) in
                try connection.ranges(of: collection, maximumCount: maximumCount)
            }
        }
    }
}

extension Connection {
    /// Cuts where every n-th row stands; counting and skipping touch the index only.
    fileprivate func ranges(of collection: CollectionName, maximumCount: Int) throws(StoreError) -> [ScanRange] {
        try readTransaction { () throws(StoreError) in
            let counting = try statement(.count)
            defer { counting.reset() }
            try counting.bind(1, collection.text)
            let count = try counting.step() ? counting.int64(0) : 0
            let parts = min(Int64(maximumCount), max(count, 1))
            var bounds: [String] = []
            for part in 1..<max(parts, 1) {
                let row = try statement(.placeAtOffset)
                defer { row.reset() }
                try row.bind(1, collection.text)
                try row.bind(2, count * part / parts - 1)
                guard try row.step() else { break }
                bounds.append(DocumentPlace(partition: row.bytes(0), id: row.bytes(1)).text)
            }
            let lower = [nil] + bounds.map(Optional.some)
            let upper = bounds.map(Optional.some) + [nil]
            return zip(lower, upper).map { ScanRange(collection, lowerBound: $0, upperBound: $1) }
        }
    }
}

extension SQL {
    fileprivate static let count: SQL = "SELECT count(*) FROM documents WHERE collection = ?1"
    fileprivate static let placeAtOffset: SQL = """
        SELECT partition, id FROM documents WHERE collection = ?1 ORDER BY partition, id LIMIT 1 OFFSET ?2
        """
}
