public import MigrationCore

extension MongoDocumentStore {
    public func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await named { () async throws(StoreError) -> DocumentPage in
            try DocumentRules.check(pageSize: pageSize)
            try CollectionCatalog.check(query.collection, database: database)
            let cursor = try QueryCursor(query, after: continuation)
            if query.limit == 0 { return DocumentPage(documents: [], continuation: nil) }
            return query.sort.isEmpty
                ? try await storedOrder(query, cursor: cursor, pageSize: pageSize)
                : try await sorted(query, cursor: cursor, pageSize: pageSize)
        }
    }

    public func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try await named { () async throws(StoreError) -> Int in
            try filter.check()
            try CollectionCatalog.check(collection, database: database)
            let (database, time) = (database, now())
            if filter == .all, partition == nil {
                return try await connection.lanes.run { (client) throws(StoreError) in
                    try client.count(in: collection.nameInMongoDB, of: database, now: time)
                }
            }
            let query = DocumentQuery(collection, partition: partition, where: filter)
            return try await connection.lanes.run { (client) throws(StoreError) in
                var count = 0
                let selection = DocumentSelection(query, client: client, database: database, now: time)
                try selection.visitAll { _ in count += 1 }
                return count
            }
        }
    }

    /// A page in the order of places, which is where the next page begins.
    private func storedOrder(
        _ query: DocumentQuery,
        cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        let start: DocumentPlace? =
            switch cursor.position {
            case nil: nil
            case .stored(let text):
                if let place = DocumentPlace(text: text) { place } else { throw StoreError.foreignContinuation }
            case .sorted: throw StoreError.foreignContinuation
            }
        let left = query.limit.map { $0 - cursor.returned }
        if let left, left <= 0 { return DocumentPage(documents: [], continuation: nil) }
        let size = min(pageSize, left ?? pageSize)
        let (database, time) = (database, now())
        return try await connection.lanes.run { (client) throws(StoreError) -> DocumentPage in
            var documents: [StoredDocument] = []
            let selection = DocumentSelection(query, client: client, database: database, now: time)
            let last = try selection.visit(after: start, count: size) { document in
                documents.append(document)
                return documents.count < size
            }
            var next = cursor
            next.returned += documents.count
            guard let last, next.returned < query.limit ?? .max else {
                return DocumentPage(documents: documents, continuation: nil)
            }
            next.position = .stored(last.text)
            return DocumentPage(documents: documents, continuation: next.continuation)
        }
    }

    /// A page of a sorted query: the first documents behind the cursor, out of all that the filter selects.
    ///
    /// MongoDB's order over all types is not the portable one, and it sorts arrays by their elements, so every page passes over the
    /// selection once, in memory that is bounded by the page.
    private func sorted(
        _ query: DocumentQuery,
        cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        let empty = try SortedPage(query, cursor: cursor, size: pageSize)
        let (database, time) = (database, now())
        return try await connection.lanes.run { (client) throws(StoreError) -> DocumentPage in
            var page = empty
            let selection = DocumentSelection(query, client: client, database: database, now: time)
            try selection.visitAll { page.offer($0) }
            let (documents, next) = page.finish(query, cursor: cursor)
            return DocumentPage(documents: documents, continuation: next?.continuation)
        }
    }
}

/// The documents of a collection that a filter selects, read in the order of their places.
///
/// A document that does not parse can be neither selected nor left out: it ends the call with `corrupt`.
struct DocumentSelection {
    private let cursor: DocumentCursor
    private let partition: PartitionKey?
    private let filter: Filter

    init(_ query: DocumentQuery, client: MongoClient, database: String, now: WallTime) {
        partition = query.partition
        filter = query.filter
        let bounds = query.partition.flatMap { DocumentPlace.bounds(of: $0) }
        cursor = DocumentCursor(
            client: client,
            database: database,
            collection: query.collection,
            lower: bounds?.lower,
            upper: bounds?.upper,
            prefilter: query.filter.serverPrefilter,
            now: now
        )
    }

    /// Visits documents after a place until `body` returns false or the page has looked at enough documents.
    ///
    /// - Returns: Where to go on; nil at the end.
    func visit(
        after place: DocumentPlace?,
        count: Int,
        _ body: (StoredDocument) -> Bool
    ) throws(StoreError) -> DocumentPlace? {
        try cursor.visit(after: place, count: count) { (row) throws(StoreError) in
            let found = try row.document(in: cursor.collection)
            if let partition, found.key.partition != partition { return .more }
            guard filter.matches(found.stored.document) else { return .more }
            return body(found.stored) ? .more : .full
        }
    }

    /// Visits all of them.
    func visitAll(_ body: (StoredDocument) -> Void) throws(StoreError) {
        var place: DocumentPlace?
        repeat {
            place = try visit(after: place, count: DocumentCursor.maximumRowCount) { document in
                body(document)
                return true
            }
        } while place != nil
    }
}

extension MongoClient {
    fileprivate func count(in collection: String, of database: String, now: WallTime) throws(StoreError) -> Int {
        var count = 0
        unsafe try aggregate(
            [["$match": .document(StoredForm.isLive(at: now))], ["$count": "n"]],
            in: collection,
            of: database
        ) { (bytes) throws(StoreError) in
            switch try unsafe Document(storedBSON: bytes)["n"] {
            case .int32(let number)?: count = Int(number)
            case .int64(let number)?: count = Int(number)
            default: break
            }
            return false
        }
        return count
    }
}

extension StoreError {
    fileprivate static let foreignContinuation = StoreError(
        .invalidContinuation,
        "The continuation is damaged or of another kind of query; begin the query again without one."
    )
}
