/// Keeps checkpoints as versioned documents in any store with conditional writes; every change is one compare-and-swap.
///
/// It has no default: give it a store that survives the process, such as a SQLite file, or a server that all machines share.
/// Two writers of one checkpoint never mix: the second gets ``StoreError/Code/versionConflict`` and stops.
public struct CheckpointStore: Sendable {
    /// Where the documents are.
    public let store: any DocumentStore
    /// Their collection.
    public let collection: CollectionName

    private let random: RandomSource

    /// Uses a collection of a store.
    ///
    /// - Parameters:
    ///   - store: a store whose writes are as durable as the copies that it remembers.
    ///   - collection: the collection; ``prepare()`` creates it.
    ///   - random: what tells this writer's attempts from those of others.
    public init(
        _ store: any DocumentStore,
        collection: CollectionName = "cutover-checkpoints",
        random: RandomSource = .system
    ) {
        self.store = store
        self.collection = collection
        self.random = random
    }

    /// Creates the collection if it is not there. Throws as ``DocumentStore/ensureCollection(_:)``.
    public func prepare() async throws(StoreError) {
        try await store.ensureCollection(CollectionDefinition(collection))
    }

    /// Reads a checkpoint.
    ///
    /// - Parameters:
    ///   - type: what it must be.
    ///   - name: its name.
    /// - Returns: the checkpoint with its version, or `nil` when there is none.
    /// - Throws: `newerSchema` when a newer version of this library wrote it; `corrupt` when it is something else, or damaged;
    ///   and as ``DocumentStore/read(_:)``.
    public func load<Value: Checkpoint>(
        _ type: Value.Type,
        named name: String
    ) async throws(StoreError) -> StoredCheckpoint<Value>? {
        guard let stored = try await store.read(try key(name)) else { return nil }
        return try StoredCheckpoint(value: decode(stored.document), etag: stored.etag)
    }

    /// Replaces a checkpoint, or creates it.
    ///
    /// An outcome that stays open is resolved by reading: each attempt carries a number of its own.
    ///
    /// - Parameters:
    ///   - value: the new value.
    ///   - name: its name.
    ///   - previous: what it replaces, as it was loaded or saved last; `nil` when there must be none yet.
    /// - Returns: the checkpoint as it is stored now.
    /// - Throws: `versionConflict` when another writer was first; `outcomeUnknown` when reading does not settle it; and as
    ///   ``DocumentStore/write(_:)``.
    public func save<Value: Checkpoint>(
        _ value: Value,
        named name: String,
        replacing previous: StoredCheckpoint<Value>?
    ) async throws(StoreError) -> StoredCheckpoint<Value> {
        let key = try key(name)
        let attempt = Hex.text(random.next()) + Hex.text(random.next())
        let document: Document = [
            "kind": .string(Value.kind), "version": .int32(Value.version), "attempt": .string(attempt),
            "value": .document(value.fields),
        ]
        let condition: WriteCondition = if let previous { .ifMatches(previous.etag) } else { .insert }
        var lastError: StoreError?
        for _ in 0..<3 {
            switch try await store.write(document, to: key, condition: condition, lifetime: .forever) {
            case .applied(let etag?): return StoredCheckpoint(value: value, etag: etag)
            case .applied(nil):
                throw StoreError(.internalInconsistency, "The store of the checkpoints gave no tag for a write.")
            case .rejected(.invalid(let error)): throw error
            case .rejected:
                // An earlier attempt whose outcome was open may be what is in the way.
                if lastError != nil, let etag = try await own(attempt, at: key) {
                    return StoredCheckpoint(value: value, etag: etag)
                }
                throw conflict()
            case .unknown(let error):
                if let etag = try await own(attempt, at: key) { return StoredCheckpoint(value: value, etag: etag) }
                lastError = error
            }
        }
        throw StoreError(
            .outcomeUnknown,
            "Whether the checkpoint was saved stays unknown; start the copy again, it goes on from the checkpoint that is there.",
            context: .init(store: store.id, collection: collection),
            underlying: lastError
        )
    }

    /// Removes a checkpoint; removing what is not there does nothing.
    public func remove(named name: String) async throws(StoreError) {
        if case .unknown(let error) = try await store.delete(try key(name)) { throw error }
    }

    private func own(_ attempt: String, at key: DocumentKey) async throws(StoreError) -> ETag? {
        guard let stored = try await store.read(key), stored.document["attempt"] == .string(attempt) else { return nil }
        return stored.etag
    }

    private func key(_ name: String) throws(StoreError) -> DocumentKey {
        try NameRule.check(name, what: "name of a checkpoint")
        return DocumentKey(collection: collection, id: DocumentID(name))
    }

    private func decode<Value: Checkpoint>(_ document: Document) throws(StoreError) -> Value {
        let context = StoreError.Context(store: store.id, collection: collection)
        guard document["kind"] == .string(Value.kind), case .int32(let version) = document["version"],
            case .document(let fields) = document["value"]
        else {
            throw StoreError(
                .corrupt,
                "What is stored under the checkpoint's name is no checkpoint of kind \(Value.kind); use another name.",
                context: context
            )
        }
        guard version <= Value.version else {
            throw StoreError(
                .newerSchema,
                "The checkpoint has version \(version), this library knows \(Value.version); update it.",
                context: context
            )
        }
        guard version >= 1, let value = Value(fields: fields, version: version) else {
            throw StoreError(.corrupt, "The checkpoint is damaged; remove it and begin again.", context: context)
        }
        return value
    }

    private func conflict() -> StoreError {
        StoreError(
            .versionConflict,
            "Another run moved this checkpoint, so it goes on and this one stops; run one copier for each job.",
            context: .init(store: store.id, collection: collection)
        )
    }
}

/// A value that can be kept as a checkpoint.
public protocol Checkpoint: Sendable {
    /// What it is, such as `"document-copy"`; never changes.
    static var kind: String { get }
    /// The version of its fields that this library writes, from 1.
    static var version: Int32 { get }
    /// Its content.
    var fields: Document { get }
    /// Reads the content of this version or an older one; `nil` when it does not make sense.
    init?(fields: Document, version: Int32)
}

/// A checkpoint with the version that a change must replace.
public struct StoredCheckpoint<Value: Checkpoint>: Sendable {
    /// The content.
    public var value: Value
    /// The version in the store.
    public let etag: ETag
}
