public import MigrationCore

extension InMemoryDocumentStore {
    public func collections() async throws(StoreError) -> [CollectionDefinition] {
        try Refusals.checkCancellation(id)
        return try inspect { $0.collections.values.map(\.definition) }.sorted { $0.name < $1.name }
    }

    public func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try Refusals.checkCancellation(id)
        let now = now()
        try change(CollectionOfOne(definition.name)) { (state) throws(StoreError) in
            try state.ensure(definition, now: now)
        }
    }
}

extension InMemoryDocumentStore: ExpiringStore {
    public func purgeExpired(in collection: CollectionName, limit: Int) async throws(StoreError) -> Int {
        try Refusals.checkCancellation(id)
        try id.naming { () throws(StoreError) in try DocumentRules.check(pageSize: limit) }
        let now = now()
        return try change(CollectionOfOne(collection)) { (state) throws(StoreError) in
            guard let stored = state.collections[collection] else { return 0 }
            defer { stored.tidy(now: now) }
            return stored.removeExpired(now: now, limit: limit)
        }
    }
}
