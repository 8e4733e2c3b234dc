/// The control plane: routes, migrations, leases and the audit log, as documents in any store with conditional writes.
///
/// It has no default: a SQLite file serves the processes of one machine, MongoDB or Cosmos many machines. Nothing that
/// matters lives only in memory, so any process can go on with any migration after a crash.
///
/// Each change is one compare-and-swap. Documents carry a version; an unknown or newer one is refused, never guessed.
public final class ControlStore: Sendable {
    /// Where the documents are.
    let documents: any DocumentStore
    let random: RandomSource
    private let prefix: String
    /// What this process knows of routes.
    let cache: RouteCache
    /// Where the calls of this process wait during a cutover.
    let gate = WriteGate()
    let timeline: Timeline
    let patience: EvidencePatience

    /// Makes a control plane over a store.
    ///
    /// - Parameters:
    ///   - documents: where its documents are kept; every process that takes part must use the same.
    ///   - prefix: what the names of its collections begin with.
    ///   - clock: what the ages of routes, leases and cutovers are measured on.
    ///   - random: where revisions and the ids of routes are drawn from.
    public convenience init(
        _ documents: any DocumentStore,
        prefix: String = "cutover_",
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system
    ) {
        self.init(documents, prefix: prefix, clock: clock, random: random, patience: EvidencePatience())
    }

    init(
        _ documents: any DocumentStore,
        prefix: String = "cutover_",
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system,
        patience: EvidencePatience
    ) {
        self.documents = documents
        self.prefix = prefix
        self.random = random
        self.patience = patience
        timeline = Timeline(clock)
        cache = RouteCache()
    }

    /// Creates the collections, and checks that the store can hold a control plane.
    ///
    /// Harmless when they are there. Call it once when a process starts.
    ///
    /// - Throws: `unsupported` when a crash of the machine may take back what the store has acknowledged; and as
    ///   ``DocumentStore/ensureCollection(_:)``.
    public func prepare() async throws(StoreError) {
        guard documents.capabilities.durability != .processCrash else {
            throw StoreError(
                .unsupported,
                "The store may lose acknowledged routes when the machine crashes; open it with full durability.",
                context: .init(store: documents.id)
            )
        }
        for kind in Kind.allCases {
            try await documents.ensureCollection(CollectionDefinition(collection(kind)))
        }
    }

    /// The kinds of documents, each in a collection of its own.
    enum Kind: String, CaseIterable {
        case routes, migrations, leases, audit, progress
    }

    func collection(_ kind: Kind) -> CollectionName {
        CollectionName(stringLiteral: prefix + kind.rawValue)
    }

    func key(_ kind: Kind, _ id: String) -> DocumentKey {
        DocumentKey(collection: collection(kind), id: DocumentID(id))
    }
}

/// A value as the control store held it, with the tag that a change of it is conditional on.
struct Versioned<Value: Sendable>: Sendable {
    var value: Value
    let etag: ETag
}

extension ControlStore {
    /// Writes a document by compare-and-swap, and finds out whether it was written when the store cannot tell.
    ///
    /// - Parameters:
    ///   - key: where.
    ///   - etag: the version to replace; `nil` to insert.
    ///   - make: makes the document for a revision.
    /// - Returns: the new tag; `nil` when another writer was first.
    /// - Throws: what the store throws; `outcomeUnknown` when it could not be found out.
    func compareAndSwap(
        _ key: DocumentKey,
        expecting etag: ETag?,
        _ make: (_ revision: UInt64) -> Document
    ) async throws(StoreError) -> ETag? {
        let revision = random.next()
        let document = make(revision)
        let condition: WriteCondition =
            Mutant.swapWithoutComparing.isOn ? .upsert : etag.map { .ifMatches($0) } ?? .insert
        var lastError: StoreError?
        for _ in 0..<5 {
            switch try await documents.write(document, to: key, condition: condition) {
            case .applied(let tag?): return tag
            case .applied(nil): return try await documents.read(key)?.etag
            case .rejected:
                // Our own write may be what the condition met: an earlier attempt without an answer, or this one, sent twice.
                guard let current = try await documents.read(key) else { return nil }
                return current.document["revision"] == document["revision"] ? current.etag : nil
            case .unknown where Mutant.unknownIsWritten.isOn: return ETag("unknown")
            case .unknown(let error):
                lastError = error
                let current = try await documents.read(key)
                if let current, current.document["revision"] == document["revision"] { return current.etag }
                // The condition still holds: the lost request may yet arrive, and then the repetition is what is rejected.
                guard current?.etag == etag else { return nil }
            }
        }
        throw lastError ?? StoreError(.outcomeUnknown, "The control store did not answer; read the document again.")
    }
}
