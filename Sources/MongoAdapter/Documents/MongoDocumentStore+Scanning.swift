public import MigrationCore

extension MongoDocumentStore {
    public func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await named { () async throws(StoreError) -> ScanPage in
            try DocumentRules.check(pageSize: pageSize)
            try CollectionCatalog.check(range.collection, database: database)
            let cursor = try ScanCursor(range, after: continuation)
            let start = try DocumentPlace.position(cursor.position)
            let lower = try DocumentPlace.bound(range.lowerBound)
            let upper = try DocumentPlace.bound(range.upperBound)
            let (database, time) = (database, now())
            let (batch, isOver) = try await connection.lanes.run { (client) throws(StoreError) in
                try client.page(
                    of: range.collection,
                    in: database,
                    from: lower,
                    to: upper,
                    after: start,
                    count: min(pageSize, DocumentCursor.maximumRowCount)
                )
            }
            let page = try await batch?.decoded(of: range.collection, now: time) ?? RowPage()
            guard isOver || page.last != nil else { throw .placeless(range.collection) }
            return ScanPage(
                documents: page.documents,
                unreadable: page.unreadable,
                continuation: isOver ? nil : page.last.map { cursor.continuation(at: $0.text) }
            )
        }
    }

    public func reader(of range: ScanRange, after continuation: Continuation?) throws(StoreError) -> any RangeReader {
        do throws(StoreError) {
            return try CursorReader(self, range, after: continuation)
        } catch {
            throw error.from(id)
        }
    }

    public func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await named { () async throws(StoreError) -> [ScanRange] in
            guard maximumCount >= 1 else {
                throw StoreError(.invalidArgument, "Ask for at least 1 range, not \(maximumCount).")
            }
            try CollectionCatalog.check(collection, database: database)
            let database = database
            return try await connection.lanes.run { (client) throws(StoreError) in
                let bounds = try client.bounds(of: collection.nameInMongoDB, in: database, parts: maximumCount).map(
                    \.text
                )
                let lower = [nil] + bounds.map(Optional.some)
                let upper = bounds.map(Optional.some) + [nil]
                return zip(lower, upper).map { ScanRange(collection, lowerBound: $0, upperBound: $1) }
            }
        }
    }
}

extension DocumentPlace {
    /// The place in a continuation. Throws `invalidContinuation`.
    static func position(_ text: String?) throws(StoreError) -> DocumentPlace? {
        guard let text else { return nil }
        guard let place = DocumentPlace(text: text) else {
            throw StoreError(.invalidContinuation, "The continuation is damaged; begin the scan again without one.")
        }
        return place
    }

    /// The place at which a range begins or ends. Throws `invalidArgument`.
    static func bound(_ text: String?) throws(StoreError) -> DocumentPlace? {
        guard let text else { return nil }
        guard let place = DocumentPlace(text: text) else {
            throw StoreError(
                .invalidArgument,
                "The range was not made by this kind of store; ask it for its ranges."
            )
        }
        return place
    }
}

extension MongoClient {
    /// Reads up to so many documents, fewer where they are large.
    ///
    /// - Returns: The documents, nil for none, and whether nothing follows them. None and more to follow does not happen.
    fileprivate func page(
        of collection: CollectionName,
        in database: String,
        from lower: DocumentPlace?,
        to upper: DocumentPlace?,
        after place: DocumentPlace?,
        count: Int
    ) throws(StoreError) -> (batch: DocumentBatch?, isOver: Bool) {
        let start = place ?? lower
        // An index scan with a lower bound alone ends before the greatest key, which is a page of its own.
        let lacksGreatest = start != nil && upper == nil && place?.value != .maxKey
        var part: DocumentBatch?
        if start?.value != .maxKey {
            let cursor = try BatchCursor(self, database: database, collection: collection.nameInMongoDB)
            // One more tells that something follows, and the place may come again. The server ends the cursor at its limit.
            let limit = count + (place == nil ? 1 : 2)
            var options = DocumentCursor.options(from: start, to: upper, batch: limit + 1)
            options.append("limit", .int64(Int64(limit)))
            var found = try cursor.find(Document(), options: options, on: self)
            if let place { found = try found.dropping(place) }
            while found.isEmpty, !cursor.isOver { found = try cursor.next(count, on: self) }
            let first = try found.prefix(count)
            guard cursor.isOver, found.isEmpty else { return (first, false) }
            if !first.isEmpty { part = first }
        }
        guard lacksGreatest else { return (part, true) }
        let cursor = try BatchCursor(self, database: database, collection: collection.nameInMongoDB)
        let greatest = try cursor.find(DocumentCursor.greatest, options: ["hint": ["_id": 1]], on: self)
        if let part { return (part, greatest.isEmpty) }
        return (greatest.isEmpty ? nil : greatest, true)
    }
}
