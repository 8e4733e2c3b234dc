public import MigrationCore

extension SQLiteDocumentStore {
    public func collections() async throws(StoreError) -> [CollectionDefinition] {
        try await named { () async throws(StoreError) -> [CollectionDefinition] in
            try await database.readers.read { (connection) throws(StoreError) in
                let row = try connection.statement(.collections)
                defer { row.reset() }
                var definitions: [CollectionDefinition] = []
                while try row.step() { definitions.append(try CollectionDefinition(row: row)) }
                return definitions
            }
        }
    }

    public func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await named { () async throws(StoreError) in
            try definition.refuseUniqueIndexes()
            try definition.check()
            try await database.writer.write { (connection) throws(StoreError) in
                try connection.ensure(definition)
            }
        }
    }
}

extension Connection {
    fileprivate func ensure(_ definition: CollectionDefinition) throws(StoreError) {
        let row = try statement(.collection)
        try row.bind(1, definition.name.text)
        defer { row.reset() }
        var merged = definition
        if try row.step() {
            let existing = try CollectionDefinition(row: row)
            merged = try existing.merged(with: definition)
            if merged == existing && !row.isNull(2) { return }
        }
        row.reset()
        let insertion = try statement(.defineCollection)
        try insertion.bind(1, merged.name.text)
        try insertion.bind(2, merged.defaultLifetime.map { WallTime.epoch.duration(after: $0) })
        try insertion.bind(3, merged.settings.json(.canonical))
        try insertion.run()
    }
}

extension WallTime {
    fileprivate static let epoch = WallTime(millisecondsSinceEpoch: 0)

    /// A duration in whole milliseconds.
    fileprivate func duration(after duration: Duration) -> Int64 {
        advanced(by: duration).millisecondsSinceEpoch
    }
}

extension CollectionDefinition {
    /// Reads name, default lifetime and settings. A collection that only came to be by a write has no settings.
    fileprivate init(row: Statement) throws(StoreError) {
        let damaged = StoreError(.corrupt, "The definition of a collection is damaged; correct or delete its row.")
        guard let text = row.validText(0), let name = try? CollectionName(text) else { throw damaged }
        let settings = row.isNull(2) ? Document() : try? Document(row: row, jsonColumn: 2)
        let lifetime = row.int64OrNil(1).map { Duration.milliseconds($0) }
        guard let settings, let definition = CollectionDefinition(name, defaultLifetime: lifetime, settings: settings)
        else { throw damaged }
        self = definition
    }
}

extension SQL {
    fileprivate static let collection: SQL = "SELECT name, default_lifetime, settings FROM collections WHERE name = ?1"

    /// Those that were defined or written to, and those of rows that other programs inserted: one seek in the index for each.
    fileprivate static let collections: SQL = """
        WITH RECURSIVE used (name) AS (
            SELECT min(collection) FROM documents
            UNION ALL
            SELECT (SELECT min(collection) FROM documents WHERE collection > used.name) FROM used WHERE name IS NOT NULL
        )
        SELECT name, default_lifetime, settings FROM collections
        UNION ALL
        SELECT name, NULL, NULL FROM used WHERE name IS NOT NULL AND name NOT IN (SELECT name FROM collections)
        ORDER BY 1
        """

    fileprivate static let defineCollection: SQL = """
        INSERT INTO collections (name, default_lifetime, settings) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET default_lifetime = excluded.default_lifetime, settings = excluded.settings
        """
}
