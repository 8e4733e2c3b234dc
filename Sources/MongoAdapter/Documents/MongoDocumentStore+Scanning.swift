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
            let start = try Self.place(cursor.position, isContinuation: true)
            let lower = try Self.place(range.lowerBound, isContinuation: false)
            let upper = try Self.place(range.upperBound, isContinuation: false)
            let (database, time) = (database, now())
            return try await connection.lanes.run { (client) throws(StoreError) -> ScanPage in
                let rows = DocumentCursor(
                    client: client,
                    database: database,
                    collection: range.collection,
                    lower: lower,
                    upper: upper,
                    now: time
                )
                var documents: [StoredDocument] = []
                var unreadable: [UnreadableDocument] = []
                let last = try rows.visit(after: start, count: pageSize, takesEach: true) { (row) throws(StoreError) in
                    switch row {
                    case .document(let found): documents.append(found.stored)
                    case .unreadable(let row, _): unreadable.append(row)
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

extension MongoClient {
    /// Up to this many documents are cut exactly; more are cut by a sample of as many.
    private static let exactCount: Int64 = 20_000

    /// Places that cut a collection into parts of about the same size, in order; each begins the next part.
    fileprivate func bounds(
        of collection: String,
        in database: String,
        parts: Int
    ) throws(StoreError) -> [DocumentPlace] {
        guard parts > 1 else { return [] }
        let reply = try command(["count": .string(collection)], on: database, .read)
        var count: Int64 = 0
        switch reply["n"] {
        case .int32(let number)?: count = Int64(number)
        case .int64(let number)?: count = number
        default: break
        }
        var pipeline: [Document] = [["$project": ["_id": 1]], ["$sort": ["_id": 1]]]
        if count > Self.exactCount { pipeline.insert(["$sample": ["size": .int64(Self.exactCount)]], at: 0) }
        var places: [DocumentPlace] = []
        unsafe try aggregate(pipeline, in: collection, of: database, options: ["allowDiskUse": true]) {
            (bytes) throws(StoreError) in
            if let id = try unsafe Document(storedBSON: bytes)["_id"] { places.append(DocumentPlace(id)) }
            return true
        }
        let parts = min(parts, places.count)
        guard parts > 1 else { return [] }
        var bounds: [DocumentPlace] = []
        for part in 1..<parts {
            let place = places[places.count * part / parts]
            // A sample may hold one document twice.
            if place != bounds.last { bounds.append(place) }
        }
        return bounds
    }
}
