extension CollectionDefinition {
    /// Checks a definition by the rules that all stores share. Throws `invalidArgument`.
    package func check() throws(StoreError) {
        let context = StoreError.Context(collection: name)
        guard partitionPaths.count <= PartitionKey.maximumComponents else {
            throw StoreError(.invalidArgument, "A partition key has at most three paths.", context: context)
        }
        if let defaultLifetime, defaultLifetime <= .zero {
            throw StoreError(.invalidArgument, "A default lifetime is longer than zero.", context: context)
        }
        let names = Set(indexes.map(\.name))
        guard names.count == indexes.count, indexes.allSatisfy({ !$0.fields.isEmpty }) else {
            throw StoreError(
                .invalidArgument,
                "An index has no fields or is there twice; give each index a name and fields.",
                context: context
            )
        }
    }

    /// Refuses unique indexes, for a store that has none. Throws `unsupported`.
    package func refuseUniqueIndexes() throws(StoreError) {
        guard let index = indexes.first(where: \.isUnique) else { return }
        throw StoreError(
            .unsupported,
            "This store has no unique indexes; make the value of '\(index.name)' part of the id, or leave it out.",
            context: .init(collection: name)
        )
    }

    /// What another definition of the same collection adds to this one.
    ///
    /// - Throws: `collectionMismatch` when it contradicts this one.
    package func merged(with definition: CollectionDefinition) throws(StoreError) -> CollectionDefinition {
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
        var merged = definition
        let known = Set(indexes.map(\.name))
        merged.indexes = indexes + definition.indexes.filter { !known.contains($0.name) }
        return merged
    }

    /// What a store keeps of a definition beside name and default lifetime.
    package var settings: Document {
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

    /// Reads what ``settings`` holds; `nil` for anything else. Absent parts are empty.
    package init?(_ name: CollectionName, defaultLifetime: Duration?, settings: Document) {
        self.init(name, defaultLifetime: defaultLifetime)
        if let paths = settings["partitionPaths"] {
            guard case .array(let paths) = paths else { return nil }
            for path in paths {
                guard let path = FieldPath(encoded: path) else { return nil }
                partitionPaths.append(path)
            }
        }
        if let indexes = settings["indexes"] {
            guard case .array(let indexes) = indexes else { return nil }
            for index in indexes {
                guard let index = IndexDefinition(encoded: index) else { return nil }
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
