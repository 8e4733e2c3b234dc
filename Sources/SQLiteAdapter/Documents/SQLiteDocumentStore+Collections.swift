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
            try check(definition)
            try await database.writer.write { (connection) throws(StoreError) in
                try connection.ensure(definition)
            }
        }
    }

    private func check(_ definition: CollectionDefinition) throws(StoreError) {
        let context = StoreError.Context(collection: definition.name)
        if let index = definition.indexes.first(where: \.isUnique) {
            throw StoreError(
                .unsupported,
                "This store has no unique indexes; make the value of '\(index.name)' part of the id, or leave it out.",
                context: context
            )
        }
        guard definition.partitionPaths.count <= PartitionKey.maximumComponents else {
            throw StoreError(.invalidArgument, "A partition key has at most three paths.", context: context)
        }
        if let lifetime = definition.defaultLifetime, lifetime <= .zero {
            throw StoreError(.invalidArgument, "A default lifetime is longer than zero.", context: context)
        }
        let names = Set(definition.indexes.map(\.name))
        guard names.count == definition.indexes.count, definition.indexes.allSatisfy({ !$0.fields.isEmpty }) else {
            throw StoreError(
                .invalidArgument,
                "An index has no fields or is there twice; give each index a name and fields.",
                context: context
            )
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
            try existing.checkCompatible(with: definition)
            let known = Set(existing.indexes.map(\.name))
            merged.indexes = existing.indexes + definition.indexes.filter { !known.contains($0.name) }
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
    /// Throws `collectionMismatch` when the definition of the same collection contradicts this one.
    fileprivate func checkCompatible(with definition: CollectionDefinition) throws(StoreError) {
        let context = StoreError.Context(collection: name)
        guard partitionPaths == definition.partitionPaths else {
            throw StoreError(
                .collectionMismatch,
                "The collection exists with another partition path; create another one and move the documents.",
                context: context
            )
        }
        for index in definition.indexes where indexes.contains(where: { $0.name == index.name && $0 != index }) {
            throw StoreError(
                .collectionMismatch,
                "The index '\(index.name)' exists with other fields; give the new one another name.",
                context: context
            )
        }
    }

    /// What is stored beside name and default lifetime.
    fileprivate var settings: Document {
        [
            "partitionPaths": .array(partitionPaths.map(\.encoded)),
            "indexes": .array(
                indexes.map { index in
                    .document([
                        "name": .string(index.name),
                        "fields": .array(
                            index.fields.map { [$0.path.encoded, .bool($0.direction == .ascending)] }
                        ),
                    ])
                }
            ),
        ]
    }

    /// Reads name, default lifetime and settings. A collection that only came to be by a write has no settings.
    fileprivate init(row: Statement) throws(StoreError) {
        let damaged = StoreError(.corrupt, "The definition of a collection is damaged; correct or delete its row.")
        guard let text = row.validText(0), let name = try? CollectionName(text) else { throw damaged }
        self.init(name, defaultLifetime: row.int64OrNil(1).map { .milliseconds($0) })
        guard !row.isNull(2) else { return }
        guard let settings = try? Document(row: row, jsonColumn: 2) else { throw damaged }
        if let paths = settings["partitionPaths"] {
            guard case .array(let paths) = paths else { throw damaged }
            for path in paths {
                guard let path = FieldPath(encoded: path) else { throw damaged }
                partitionPaths.append(path)
            }
        }
        if let indexes = settings["indexes"] {
            guard case .array(let indexes) = indexes else { throw damaged }
            for index in indexes {
                guard let index = IndexDefinition(encoded: index) else { throw damaged }
                self.indexes.append(index)
            }
        }
    }
}

extension FieldPath {
    fileprivate init?(encoded value: Value) {
        guard case .array(let elements) = value, !elements.isEmpty else { return nil }
        var components: [String] = []
        for case .string(let component) in elements { components.append(component) }
        guard components.count == elements.count else { return nil }
        self.init(components: components)
    }
}

extension IndexDefinition {
    fileprivate init?(encoded value: Value) {
        guard case .document(let document) = value, case .string(let name) = document["name"],
            case .array(let elements) = document["fields"]
        else { return nil }
        var fields: [SortField] = []
        for element in elements {
            guard case .array(let parts) = element, parts.count == 2, let path = FieldPath(encoded: parts[0]),
                case .bool(let isAscending) = parts[1]
            else { return nil }
            fields.append(SortField(path, isAscending ? .ascending : .descending))
        }
        self.init(name, fields: fields)
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
