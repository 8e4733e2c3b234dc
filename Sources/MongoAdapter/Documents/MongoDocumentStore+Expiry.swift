public import MigrationCore

extension MongoDocumentStore: ExpiringStore {
    public func purgeExpired(in collection: CollectionName, limit: Int) async throws(StoreError) -> Int {
        try await named { () async throws(StoreError) -> Int in
            guard limit >= 1 else {
                throw StoreError(.invalidArgument, "Purge at least 1 document, not \(limit).")
            }
            try CollectionCatalog.check(collection, database: database)
            let (database, time) = (database, now())
            return try await connection.lanes.run { (client) throws(StoreError) in
                try client.purge(collection.nameInMongoDB, in: database, expiredAt: time, limit: limit)
            }
        }
    }
}

extension MongoClient {
    /// Removes documents that have expired, each only if it still has when its turn comes.
    func purge(
        _ collection: String,
        in database: String,
        expiredAt now: WallTime,
        limit: Int
    ) throws(StoreError) -> Int {
        let expired: Document = [StoredForm.expiryPath: ["$lte": .date(now)]]
        var count = 0
        while count < limit {
            var places: [DocumentPlace] = []
            unsafe try find(
                expired,
                in: collection,
                of: database,
                options: ["limit": .int64(Int64(min(limit - count, 1_000))), "projection": ["_id": 1]]
            ) { (bytes) throws(StoreError) in
                if let id = try unsafe Document(storedBSON: bytes)["_id"] { places.append(DocumentPlace(id)) }
                return true
            }
            if places.isEmpty { break }
            let deletes = places.map { place -> Value in
                var query = expired
                query.append("_id", ["$eq": place.value])
                return ["q": .document(query), "limit": 1]
            }
            let reply = try command(
                ["delete": .string(collection), "deletes": .array(deletes), "ordered": false],
                on: database,
                .write
            )
            try reply.throwWriteErrors()
            guard case .int32(let removed)? = reply["n"], removed > 0 else { break }
            count += Int(removed)
        }
        return count
    }
}
