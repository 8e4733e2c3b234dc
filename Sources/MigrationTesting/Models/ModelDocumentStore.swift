public import MigrationCore

/// The documents of a store as plainly as they can be said: a dictionary, and a number for each version.
///
/// It is written from the protocol's documentation and shares no code with the adapters; conformance suites compare stores
/// with it, operation by operation. Versions are numbers here, since ETags are each store's own.
public struct ModelDocumentStore: Sendable {
    /// A document and its version.
    public struct Entry: Sendable, Hashable {
        /// The body.
        public var document: Document
        /// The version; no two writes of a model make the same.
        public var version: Int
    }

    /// What a write does, with versions in place of tags.
    public enum Action: Sendable, Hashable {
        /// Stores a document always.
        case upsert(Document)
        /// Stores a document where there is none.
        case insert(Document)
        /// Stores a document in place of another.
        case replace(Document)
        /// Stores a document in place of this version.
        case replaceVersion(Int, Document)
        /// Changes a document; only at this version, when there is one.
        case patch([PatchOperation], version: Int?)
        /// Removes a document; only at this version, when there is one.
        case delete(version: Int?)
    }

    /// How a write ends.
    public enum Outcome: Sendable, Hashable {
        /// Applied; the new version, `nil` after a delete.
        case applied(Int?)
        /// There is a document already.
        case exists
        /// There is no document.
        case notFound
        /// The document has another version.
        case mismatch
        /// An earlier write of the batch ended it.
        case skipped
        /// The write is invalid.
        case invalid(StoreError.Code)

        /// Whether it is applied.
        public var isApplied: Bool { if case .applied = self { true } else { false } }
    }

    /// What is stored.
    public private(set) var entries: [DocumentKey: Entry] = [:]
    private var lastVersion = 0

    /// Makes an empty store.
    public init() {}

    /// Applies one write.
    public mutating func apply(_ action: Action, to key: DocumentKey) -> Outcome {
        apply(action, to: key, known: lastVersion)
    }

    /// - Parameter known: The last version whose tag the caller can name: none that the same call makes.
    private mutating func apply(_ action: Action, to key: DocumentKey, known: Int) -> Outcome {
        switch action {
        case .upsert(let document): return put(document, key)
        case .insert(let document): return entries[key] == nil ? put(document, key) : .exists
        case .replace(let document): return entries[key] == nil ? .notFound : put(document, key)
        case .replaceVersion(let version, let document):
            guard let entry = entries[key] else { return .notFound }
            return entry.version == version && version <= known ? put(document, key) : .mismatch
        case .patch(let operations, let version):
            guard !operations.isEmpty else { return .invalid(.invalidArgument) }
            guard let entry = entries[key] else { return .notFound }
            if let version, version != entry.version || version > known { return .mismatch }
            guard let document = ModelPatch.apply(operations, to: entry.document) else {
                return .invalid(.invalidArgument)
            }
            return put(document, key)
        case .delete(let version):
            guard let entry = entries[key] else { return .notFound }
            if let version, version != entry.version || version > known { return .mismatch }
            entries[key] = nil
            return .applied(nil)
        }
    }

    /// Applies many writes, each on its own.
    public mutating func apply(_ writes: [(Action, DocumentKey)], order: BatchOrder) -> [Outcome] {
        let known = lastVersion
        var hasEnded = false
        return writes.map { action, key in
            if hasEnded { return .skipped }
            let outcome = apply(action, to: key, known: known)
            if order == .ordered, !outcome.isApplied { hasEnded = true }
            return outcome
        }
    }

    /// Applies all writes or none; the index of the first that cannot be applied, and why.
    public mutating func transact(
        _ writes: [(Action, DocumentKey)]
    ) -> (outcomes: [Outcome], refused: (index: Int, outcome: Outcome)?) {
        var copy = self
        var outcomes: [Outcome] = []
        for (index, (action, key)) in writes.enumerated() {
            let outcome = copy.apply(action, to: key, known: lastVersion)
            guard outcome.isApplied else { return ([], (index, outcome)) }
            outcomes.append(outcome)
        }
        self = copy
        return (outcomes, nil)
    }

    private mutating func put(_ document: Document, _ key: DocumentKey) -> Outcome {
        lastVersion += 1
        entries[key] = Entry(document: document, version: lastVersion)
        return .applied(lastVersion)
    }
}
