public import MigrationCore

extension SQLiteDocumentStore: ExpiringStore {
    public func purgeExpired(in collection: CollectionName, limit: Int) async throws(StoreError) -> Int {
        try await named { () async throws(StoreError) -> Int in
            guard limit >= 1 else {
                throw StoreError(.invalidArgument, "Purge at least 1 document, not \(limit).")
            }
            let time = now()
            return try await database.writer.write { (connection) throws(StoreError) in
                try Housekeeping.purge(collection, limit: limit, now: time, on: connection)
            }
        }
    }
}
