internal import MigrationCore

extension CollectionDefinition {
    /// Throws `unsupported` for what a store lacks, and `invalidArgument` for what no store can keep.
    func check(_ capabilities: DocumentStoreCapabilities) throws(StoreError) {
        guard partitionPaths.count <= PartitionKey.maximumComponents else {
            throw refusal(.invalidArgument, "A partition key has at most three paths, not \(partitionPaths.count).")
        }
        if let defaultLifetime {
            guard capabilities.supportsExpiry else {
                throw refusal(.unsupported, "This store has no expiry of documents; leave out the default lifetime.")
            }
            guard defaultLifetime > .zero else {
                throw refusal(.invalidArgument, "A default lifetime is longer than zero; leave it out for none.")
            }
        }
        var names: Set<String> = []
        for index in indexes {
            guard !index.fields.isEmpty, names.insert(index.name).inserted else {
                throw refusal(
                    .invalidArgument,
                    "The index '\(index.name)' has no fields or is there twice; give each index a name and fields."
                )
            }
            guard !index.isUnique || capabilities.supportsUniqueIndexes else {
                throw refusal(.unsupported, "This store keeps no unique indexes; leave out '\(index.name)'.")
            }
        }
    }

    /// Throws `collectionMismatch` when `other` contradicts what there is.
    func checkCompatible(with other: CollectionDefinition) throws(StoreError) {
        guard partitionPaths == other.partitionPaths else {
            throw refusal(.collectionMismatch, "The collection exists with another partition path; use another name.")
        }
        for index in other.indexes {
            guard let known = indexes.first(where: { $0.name == index.name }), known != index else { continue }
            throw refusal(
                .collectionMismatch,
                "The index '\(index.name)' exists with other fields; give the new one another name."
            )
        }
    }

    private func refusal(_ code: StoreError.Code, _ message: String) -> StoreError {
        StoreError(code, message, context: .init(collection: name))
    }
}
