public import MigrationCore

extension SQLiteDocumentStore {
    public func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await named { () async throws(StoreError) -> DocumentPage in
            try DocumentRules.check(pageSize: pageSize)
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
            return try await database.readers.read { [now] (connection) throws(StoreError) in
                if filter == .all { return try connection.count(collection, partition: partition, now: now()) }
                let rows = DocumentSelection(collection: collection, partition: partition, filter: filter, now: now())
                return try connection.readTransaction { () throws(StoreError) in try rows.count(on: connection) }
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
        return try await database.readers.read { [now] (connection) throws(StoreError) -> DocumentPage in
            var documents: [StoredDocument] = []
            let rows = DocumentSelection(query, now: now())
            let last = try connection.readTransaction { () throws(StoreError) in
                try rows.visit(after: start, on: connection) { document in
                    documents.append(document)
                    return documents.count < size
                }
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
    /// Where SQL does not know the order of the values that are there, the page passes over the selection once, in memory that
    /// is bounded by the page.
    private func sorted(
        _ query: DocumentQuery,
        cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        let empty = try SortedPage(query, cursor: cursor, size: pageSize)
        return try await database.readers.read { [now] (connection) throws(StoreError) -> DocumentPage in
            let now = now()
            return try connection.readTransaction { () throws(StoreError) in
                if let rows = SortedRows(query, cursor: cursor, pageSize: pageSize, now: now),
                    let page = try rows.page(on: connection)
                {
                    return page
                }
                var page = empty
                try DocumentSelection(query, now: now).visitAll(on: connection) {
                    page.offer($0)
                    return true
                }
                let (documents, next) = page.finish(query, cursor: cursor)
                return DocumentPage(documents: documents, continuation: next?.continuation)
            }
        }
    }
}

extension Connection {
    fileprivate func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        now: WallTime
    ) throws(StoreError) -> Int {
        let row = try statement(partition == nil ? .countInCollection : .countInPartition)
        defer { row.reset() }
        try row.bind(1, collection.text)
        try row.bind(2, now.millisecondsSinceEpoch)
        if let partition { try row.bind(3, partition.text) }
        return try row.step() ? Int(row.int64(0)) : 0
    }
}

extension StoreError {
    fileprivate static let foreignContinuation = StoreError(
        .invalidContinuation,
        "The continuation is damaged or of another kind of query; begin the query again without one."
    )
}

extension SQL {
    // What has not expired is what remains of all, and few have an expiry at all: both counts are of indexes only.
    fileprivate static let countInCollection: SQL = """
        SELECT (SELECT count(*) FROM documents WHERE collection = ?1)
            - (SELECT count(*) FROM documents WHERE collection = ?1 AND expires_at <= ?2)
        """
    fileprivate static let countInPartition: SQL = """
        SELECT count(*) FROM documents
        WHERE collection = ?1 AND partition = ?3 AND (expires_at IS NULL OR expires_at > ?2)
        """
}
