public import MigrationCore

/// For tests: filling the store and looking into it, without `await`. Looking works on a closed store too.
extension InMemoryDocumentStore {
    /// Stores a document, whatever is there; its collection is created when it is new and the capabilities allow it.
    ///
    /// - Parameters:
    ///   - document: the body.
    ///   - key: where.
    ///   - lifetime: how long it lives.
    /// - Throws: as ``write(_:)``; and `invalidArgument` when a unique index refuses it.
    @discardableResult
    public func seed(
        _ document: Document,
        at key: DocumentKey,
        lifetime: Lifetime = .collectionDefault
    ) throws(StoreError) -> ETag {
        let outcome = try writeNow(.put(document, to: key, lifetime: lifetime))
        guard let tag = outcome.etag else {
            throw StoreError(
                .invalidArgument,
                "The seed was not stored, because a unique index holds an equal value: \(outcome).",
                context: .init(store: id, collection: key.collection)
            )
        }
        return tag
    }

    /// The document under a key; `nil` when there is none, or when it has expired.
    public func document(at key: DocumentKey) -> StoredDocument? {
        let now = now()
        return state.withLock { state in
            state.collections[key.collection]?[ItemKey(key)].flatMap { $0.isExpired(at: now) ? nil : $0 }
        }
    }

    /// All documents of a collection that have not expired, in the order in which they came.
    public func documents(in collection: CollectionName) -> [StoredDocument] {
        let now = now()
        return state.withLock { state in
            state.collections[collection]?.slots.compactMap(\.document).filter { !$0.isExpired(at: now) } ?? []
        }
    }

    /// How many documents a collection holds, without those that have expired.
    public func documentCount(in collection: CollectionName) -> Int { documents(in: collection).count }

    /// Everything that has not expired, by collection: two of these compare what two stores hold, or one store before and after.
    public func snapshot() -> [CollectionName: [StoredDocument]] {
        let now = now()
        return state.withLock { state in
            state.collections.mapValues { $0.slots.compactMap(\.document).filter { !$0.isExpired(at: now) } }
        }
    }

    /// How many calls of ``changes(in:from:limit:waitingUpTo:)`` wait now.
    public var waitingCount: Int {
        state.withLock { $0.waiting.count }
    }
}
