public import MigrationCore

extension MongoDocumentStore {
    public func collections() async throws(StoreError) -> [CollectionDefinition] {
        try await named { () async throws(StoreError) -> [CollectionDefinition] in
            let database = database
            return try await connection.lanes.run { (client) throws(StoreError) in
                var definitions: [CollectionName: CollectionDefinition] = [:]
                for name in try client.collectionNames(in: database) {
                    definitions[name] = CollectionDefinition(name)
                }
                unsafe try client.find(Document(), in: CollectionCatalog.collection, of: database) {
                    (bytes) throws(StoreError) in
                    let definition = try CollectionDefinition(stored: try unsafe Document(storedBSON: bytes))
                    definitions[definition.name] = definition
                    return true
                }
                return definitions.values.sorted { $0.name < $1.name }
            }
        }
    }

    public func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await named { () async throws(StoreError) in
            try CollectionCatalog.check(definition.name, database: database)
            try definition.refuseUniqueIndexes()
            try definition.check()
            let (database, budget) = (database, connection.configuration.transactionBudget)
            try await connection.lanes.run { (client) throws(StoreError) in
                try client.ensure(definition, in: database, budget: budget)
            }
            catalog.forget(definition.name)
        }
    }
}

extension MongoClient {
    /// The names of the application's collections, without views and what belongs to MongoDB or this library.
    fileprivate func collectionNames(in database: String) throws(StoreError) -> [CollectionName] {
        let reply = try command(
            [
                "listCollections": 1, "filter": ["type": "collection"], "nameOnly": true,
                "cursor": ["batchSize": 100_000],
            ],
            on: database,
            .plain
        )
        guard case .array(let batch)? = reply[path: "cursor.firstBatch"] else { return [] }
        var names: [CollectionName] = []
        for case .document(let entry) in batch {
            if case .string(let text)? = entry["name"], let name = CollectionName(nameInMongoDB: text) {
                names.append(name)
            }
        }
        return names
    }

    /// Creates the collection and what its definition asks for, and keeps the definition.
    fileprivate func ensure(
        _ definition: CollectionDefinition,
        in database: String,
        budget: Duration
    ) throws(StoreError) {
        // The comparison comes first, so that a definition that contradicts changes nothing.
        _ = try collectionDefinition(definition.name, in: database)?.merged(with: definition)
        try createCollection(definition.name.nameInMongoDB, in: database)
        if definition.defaultLifetime != nil { try createExpiryIndex(on: definition.name.nameInMongoDB, in: database) }
        let indexes = definition.indexes.compactMap(\.serverIndex)
        if !indexes.isEmpty { try createIndexes(indexes, on: definition.name.nameInMongoDB, in: database) }
        // Two processes that ensure at the same time are one after the other here, and neither loses an index of the other.
        try transaction(budget: budget) { (session) throws(StoreError) in
            var existing: CollectionDefinition?
            unsafe try find(
                ["_id": .string(definition.name.text)],
                in: CollectionCatalog.collection,
                of: database,
                in: session
            ) { (bytes) throws(StoreError) in
                existing = try CollectionDefinition(stored: try unsafe Document(storedBSON: bytes))
                return false
            }
            let merged = try existing?.merged(with: definition) ?? definition
            if merged == existing { return }
            let reply = try command(
                [
                    "update": .string(CollectionCatalog.collection),
                    "updates": [
                        [
                            "q": ["_id": .string(definition.name.text)], "u": .document(merged.storedFields),
                            "upsert": true,
                        ]
                    ],
                ],
                on: database,
                .plain,
                in: session
            )
            do throws(StoreError) {
                try reply.throwWriteErrors()
            } catch  where error.mongoFailure?.code == ServerCode.duplicateKey {
                throw .lostRace
            }
        }
    }
}

extension IndexDefinition {
    /// The index as the server has it, for other programs; nil where its fields cannot be an index there.
    ///
    /// Queries of this library are answered in the portable order. An index of several fields is left out: documents with arrays in
    /// two of them would be refused by the server.
    fileprivate var serverIndex: Document? {
        guard fields.count == 1, let field = fields.first else { return nil }
        let isPlain = field.path.components.allSatisfy { component in
            !component.isEmpty && !component.hasPrefix("$") && !component.utf8.contains { $0 == 0x2E || $0 == 0 }
        }
        guard isPlain, field.path.components != ["_id"] else { return nil }
        let direction: Value = field.direction == .ascending ? 1 : -1
        return [
            "name": .string(name),
            "key": .document(Document(uniqueFields: [(field.path.components.joined(separator: "."), direction)])),
        ]
    }
}
