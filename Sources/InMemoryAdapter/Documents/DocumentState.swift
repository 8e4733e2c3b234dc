internal import MigrationCore

/// What an ``InMemoryDocumentStore`` keeps under its lock.
struct DocumentState: Awaitable {
    var isClosed = false
    var waiting = WaitingRoom<CollectionName>()
    private(set) var collections: [CollectionName: StoredCollection] = [:]
    private var tags: ETagSource
    private let historyLimit: Int
    private let capabilities: DocumentStoreCapabilities

    init(tags: ETagSource, historyLimit: Int, capabilities: DocumentStoreCapabilities) {
        self.tags = tags
        self.historyLimit = historyLimit
        self.capabilities = capabilities
    }

    mutating func apply(_ write: DocumentWrite, now: WallTime) throws(StoreError) -> WriteOutcome {
        try DocumentRules.check(write, capabilities: capabilities)
        let (collection, isNew) = try forWriting(write.key.collection)
        let outcome = try collection.apply(write, now: now, capabilities: capabilities, tags: &tags)
        if isNew, outcome.isApplied { collections[write.key.collection] = collection }
        collection.tidy(now: now)
        return outcome
    }

    mutating func transact(_ writes: [DocumentWrite], now: WallTime) throws(StoreError) -> TransactionOutcome {
        let (collection, isNew) = try forWriting(writes[0].key.collection)
        var written: [ETag?] = []
        collection.begin()
        for (index, write) in writes.enumerated() {
            let rejection: Rejection
            do {
                try DocumentRules.check(write, capabilities: capabilities)
                let outcome = try collection.apply(write, now: now, capabilities: capabilities, tags: &tags)
                if case .applied(let tag) = outcome {
                    written.append(tag)
                    continue
                }
                rejection = outcome.rejection ?? .notFound
            } catch {
                rejection = .invalid(error)
            }
            collection.rollBack()
            return .rejected(index: index, rejection)
        }
        collection.commit()
        if isNew { collections[writes[0].key.collection] = collection }
        collection.tidy(now: now)
        return .applied(written)
    }

    mutating func ensure(_ definition: CollectionDefinition, now: WallTime) throws(StoreError) {
        try definition.check(capabilities)
        let collection =
            collections[definition.name]
            ?? StoredCollection(
                CollectionDefinition(definition.name, partitionPaths: definition.partitionPaths),
                historyLimit: historyLimit
            )
        try collection.definition.checkCompatible(with: definition)
        try collection.adopt(definition, now: now)
        collections[definition.name] = collection
    }

    /// The collection, or a new one that is not part of the store yet.
    private func forWriting(
        _ name: CollectionName
    ) throws(StoreError) -> (collection: StoredCollection, isNew: Bool) {
        if let collection = collections[name] { return (collection, false) }
        guard capabilities.createsCollectionsOnWrite else {
            throw StoreError(
                .collectionNotFound,
                "The collection does not exist; ensure it first.",
                context: .init(collection: name)
            )
        }
        return (StoredCollection(CollectionDefinition(name), historyLimit: historyLimit), true)
    }
}
