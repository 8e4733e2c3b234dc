/// Brings one page of documents into the target by conditional writes only: decides, without doing.
///
/// A lost reply is resolved by reading; what was not found is written again under a condition that fails if the lost request
/// arrived after all. So no document is ever overwritten that this copy did not read before, and none is written blind.
struct DocumentBatch {
    /// What to do next.
    enum Action {
        /// Write these, then ``DocumentBatch/record(outcomes:)``.
        case write([DocumentWrite])
        /// Read these from the target, then ``DocumentBatch/record(found:)``.
        case read([DocumentKey])
        /// Everything is decided.
        case finished
    }

    /// How a document ended.
    enum End {
        case written
        case skipped
        case failed(StoreError)
    }

    private enum Phase {
        case write(WriteCondition)
        case read
        case ended(End)
    }

    private struct Item {
        let document: StoredDocument
        var phase: Phase
        var rounds = 0
        /// Set once an attempt of ours may have been applied without our knowing.
        var open: StoreError?
    }

    private var items: [Item]
    private let mode: DocumentCopier.Mode
    /// What a document that never expires is written with.
    private let defaultLifetime: Lifetime
    private let maximumRounds: Int
    private let maximumWrites: Int
    private let maximumBytes: Int
    /// The items that the last action was about.
    private var current: [Int] = []
    /// A passing error or an open outcome of single items; the caller waits before the next action.
    private(set) var hiccup: StoreError?

    init(
        _ documents: [StoredDocument],
        mode: DocumentCopier.Mode,
        defaultLifetime: Lifetime,
        now: WallTime,
        maximumRounds: Int = 6,
        maximumWrites: Int = .max,
        maximumBytes: Int = .max
    ) {
        items = documents.map { document in
            let isExpired = document.expiresAt.map { $0 <= now } ?? false
            return Item(document: document, phase: isExpired ? .ended(.skipped) : .write(.insert))
        }
        self.mode = mode
        self.defaultLifetime = defaultLifetime
        self.maximumRounds = maximumRounds
        self.maximumWrites = maximumWrites
        self.maximumBytes = maximumBytes
    }

    /// Each document with how it ended; only after ``Action/finished``.
    var ends: [(document: StoredDocument, end: End)] {
        items.compactMap { item in
            if case .ended(let end) = item.phase { (item.document, end) } else { nil }
        }
    }

    mutating func nextAction() -> Action {
        hiccup = nil
        current = items.indices.filter { if case .read = items[$0].phase { true } else { false } }
        if !current.isEmpty { return .read(current.map { items[$0].document.key }) }

        var writes: [DocumentWrite] = []
        var bytes = 0
        for index in items.indices {
            guard case .write(let condition) = items[index].phase else { continue }
            let document = items[index].document
            if !writes.isEmpty, writes.count == maximumWrites || bytes + document.document.byteCount > maximumBytes {
                break
            }
            bytes += document.document.byteCount
            writes.append(
                .put(document.document, to: document.key, condition: condition, lifetime: lifetime(of: document))
            )
            current.append(index)
        }
        return writes.isEmpty ? .finished : .write(writes)
    }

    /// Takes the outcomes of the writes of the last action.
    ///
    /// - Throws: what concerns the whole store and not one document: `unauthenticated`, `diskFull` and their like.
    mutating func record(outcomes: [WriteOutcome]) throws(StoreError) {
        guard outcomes.count == current.count else {
            throw StoreError(
                .internalInconsistency,
                "The target answered \(current.count) writes with \(outcomes.count) outcomes; its adapter is broken."
            )
        }
        for (index, outcome) in zip(current, outcomes) {
            switch outcome {
            case .applied: items[index].phase = .ended(.written)
            case .unknown(let error): read(index, after: error)
            case .rejected(let rejection): try reject(index, rejection)
            }
        }
    }

    private mutating func reject(_ index: Int, _ rejection: Rejection) throws(StoreError) {
        switch rejection {
        case .exists where mode == .insertIfAbsent && items[index].open == nil: items[index].phase = .ended(.skipped)
        case .exists, .notFound, .etagMismatch: read(index)
        case .skipped: nextRound(index, phase: items[index].phase)
        case .uniqueIndex(let name):
            items[index].phase = .ended(
                .failed(
                    StoreError(
                        .invalidDocument,
                        "Another document of the target holds the same value of the unique index \(name); decide which one is right.",
                        context: .init(collection: items[index].document.key.collection)
                    )
                )
            )
        case .invalid(let error):
            switch error.code.category {
            case .authorization, .data, .routing: throw error
            case .transient:
                hiccup = error
                nextRound(index, phase: items[index].phase, error: error)
            case .indeterminate where error.code == .outcomeUnknown: read(index, after: error)
            case .indeterminate: throw error
            case .caller where error.code == .closed: throw error
            case .caller, .conflict: items[index].phase = .ended(.failed(error))
            }
        }
    }

    /// Takes what the target holds under the keys of the last action, or why one could not be read.
    mutating func record(found: [Result<StoredDocument?, StoreError>]) {
        for (index, result) in zip(current, found) {
            let item = items[index]
            switch result {
            case .failure(let error): items[index].phase = .ended(.failed(error))
            case .success(let stored?) where stored.holdsTheSame(as: item.document):
                items[index].phase = .ended(item.open == nil ? .skipped : .written)
            case .success(let stored?):
                // Somebody else's document: an insert of ours can no longer succeed.
                items[index].phase = mode == .insertIfAbsent ? .ended(.skipped) : .write(.ifMatches(stored.etag))
            case .success(nil): items[index].phase = .write(.insert)
            }
        }
    }

    private mutating func read(_ index: Int, after error: StoreError? = nil) {
        if let error {
            items[index].open = error
            hiccup = error
        }
        nextRound(index, phase: .read, error: error)
    }

    private mutating func nextRound(_ index: Int, phase: Phase, error: StoreError? = nil) {
        items[index].rounds += 1
        guard items[index].rounds > maximumRounds else {
            items[index].phase = phase
            return
        }
        items[index].phase = .ended(
            .failed(
                error ?? items[index].open
                    ?? StoreError(
                        .versionConflict,
                        "The document in the target changed each time before it could be replaced; copy it again later.",
                        context: .init(collection: items[index].document.key.collection)
                    )
            )
        )
    }

    private func lifetime(of document: StoredDocument) -> Lifetime {
        document.expiresAt.map { .until($0) } ?? defaultLifetime
    }
}

extension StoredDocument {
    /// Whether this is what a copy of the other document leaves: the same content and the same end of life.
    ///
    /// Ends of life may differ by less than a second, because some stores keep whole seconds.
    func holdsTheSame(as other: StoredDocument) -> Bool {
        guard document == other.document || document.canonicalDigest() == other.document.canonicalDigest() else {
            return false
        }
        switch (expiresAt, other.expiresAt) {
        case (nil, nil): return true
        case (let a?, let b?): return abs(a.duration(to: b) / .milliseconds(1)) < 1_000
        case (nil, .some), (.some, nil): return false
        }
    }
}
