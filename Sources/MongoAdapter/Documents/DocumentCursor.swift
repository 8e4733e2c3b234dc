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
    /// When documents are looked at: those that have expired until then are passed over.
    ///
    /// The server could leave them out, and would look into each document for it; they are few, because it removes them.
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
        let limit = takesEach ? min(count, Self.maximumRowCount) : Self.maximumRowCount
        // Beyond the limit, or the server would wait for another command before it ends the cursor.
        var options = Self.options(from: place ?? lower, to: upper, batch: min(max(count, 1), 10_000) + 2)
        if takesEach { options.append("limit", .int64(Int64(limit) + (place == nil ? 1 : 2))) }
        var last: DocumentPlace?
        let start = place ?? lower
        var seen = 0
        var isFull = false
        // A lower bound is part of the range, and a place was read before.
        var mayBePlace = place != nil
        func find(_ filter: Document, _ options: Document) throws(StoreError) -> Bool {
            unsafe try client.find(
                filter,
                in: collection.nameInMongoDB,
                of: database,
                options: options
            ) { (bytes) throws(StoreError) in
                if mayBePlace {
                    mayBePlace = false
                    if unsafe StoredForm.place(in: bytes) == place { return true }
                }
                // One more than the page takes: then something follows it.
                if isFull { return false }
                seen += 1
                let row = unsafe StoredForm.row(in: [UInt8](bytes), of: collection)
                last = row.place ?? last
                let verdict = row.isExpired(at: now) ? .more : try body(row)
                isFull = verdict == .full || seen >= limit
                return true
            }
        }
        let filter = prefilter ?? Document()
        var isOver = start?.value == .maxKey ? true : try find(filter, options)
        if isOver, start != nil, upper == nil, place?.value != .maxKey {
            isOver = try find(["$and": [.document(filter), .document(Self.greatest)]], ["hint": ["_id": 1]])
        }
        guard isOver || last != nil else { throw .placeless(collection) }
        return isOver ? nil : last
    }

    /// The options of a find that reads in the order of places.
    static func options(from start: DocumentPlace?, to end: DocumentPlace?, batch: Int) -> Document {
        var options: Document = ["sort": ["_id": 1], "hint": ["_id": 1], "batchSize": .int64(Int64(batch))]
        if let start { options.append("min", .document(Document(uniqueFields: [("_id", start.value)]))) }
        if let end { options.append("max", .document(Document(uniqueFields: [("_id", end.value)]))) }
        return options
    }

    /// Selects the greatest key of all, before which an index scan with a lower bound alone ends.
    static let greatest: Document = ["_id": ["$eq": .maxKey]]
}
