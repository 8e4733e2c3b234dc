internal import MigrationCore

/// Reads the documents of a collection in the order of their `_id`, which MongoDB defines over all types.
///
/// Ranges are bounds of the index, not conditions on values: conditions compare within one type only, and would leave out what
/// follows in another.
struct DocumentCursor {
    /// How many documents one page looks at, at most: a bound for the time that a lane is held by a filter that matches little.
    static let maximumRowCount = 50_000

    let client: MongoClient
    let database: String
    let collection: CollectionName
    var lower: DocumentPlace?
    var upper: DocumentPlace?
    /// What the server may leave out already.
    var prefilter: Document?
    let now: WallTime

    enum Verdict {
        case more
        /// The page is full with this document.
        case full
    }

    /// Visits documents from the lower bound on, or after a place.
    ///
    /// - Parameters:
    ///   - place: the document after which to go on; nil begins at the lower bound.
    ///   - count: how many documents the reader is likely to take.
    ///   - takesEach: whether the page is full after so many documents whatever they are. The server then ends the cursor by itself,
    ///     which spares a command for each page.
    ///   - body: says of each document whether the page takes more.
    /// - Returns: The place of the last document of the page; nil when nothing follows it.
    func visit(
        after place: DocumentPlace?,
        count: Int,
        takesEach: Bool = false,
        _ body: (FoundRow) throws(StoreError) -> Verdict
    ) throws(StoreError) -> DocumentPlace? {
        var conditions: [Value] = [.document(StoredForm.isLive(at: now))]
        if let place { conditions.append(["_id": ["$ne": place.value]]) }
        if let prefilter { conditions.append(.document(prefilter)) }
        var options: Document = [
            "sort": ["_id": 1], "hint": ["_id": 1],
            // Beyond the limit, or the server would wait for another command before it ends the cursor.
            "batchSize": .int64(Int64(min(max(count, 1), 10_000) + 2)),
        ]
        if takesEach { options.append("limit", .int64(Int64(min(count, Self.maximumRowCount)) + 1)) }
        let start = place ?? lower
        if let start { options.append("min", .document(Document(uniqueFields: [("_id", start.value)]))) }
        if let upper { options.append("max", .document(Document(uniqueFields: [("_id", upper.value)]))) }
        var seen = 0
        var last: DocumentPlace?
        var isFull = false
        func find(_ conditions: [Value], _ options: Document) throws(StoreError) -> Bool {
            unsafe try client.find(
                ["$and": .array(conditions)],
                in: collection.nameInMongoDB,
                of: database,
                options: options
            ) { (bytes) throws(StoreError) in
                // One more than the page takes: then something follows it.
                if isFull { return false }
                let row = unsafe StoredForm.row(in: bytes, of: collection)
                switch row {
                case .document(let found): last = found.place
                case .unreadable(_, let place): last = place ?? last
                }
                seen += 1
                isFull = try body(row) == .full || seen >= Self.maximumRowCount
                return true
            }
        }
        var isOver = start?.value == .maxKey ? true : try find(conditions, options)
        // An index scan with a lower bound alone ends before the greatest key of all.
        if isOver, start != nil, upper == nil, place?.value != .maxKey {
            isOver = try find(conditions + [["_id": ["$eq": .maxKey]]], ["hint": ["_id": 1]])
        }
        return isOver ? nil : last
    }
}
