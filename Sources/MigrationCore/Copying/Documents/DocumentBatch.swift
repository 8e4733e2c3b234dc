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

    private enum Phase {
        case write(WriteCondition)
        case read
        case ended
    }

    /// Where a document stands.
    private struct Item {
        var phase: Phase
        var rounds = 0
        /// Set once an attempt of ours may have been applied without our knowing.
        var open: StoreError?
    }

    private let documents: [StoredDocument]
    /// One for each document, at its place.
    private var items: [Item]
    /// How many have not ended.
    private var openCount = 0
    /// How the documents ended; of all of them after ``Action/finished``.
    private(set) var end = PageEnd()
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
        self.documents = documents
        items = Array(repeating: Item(phase: .write(.insert)), count: documents.count)
        openCount = documents.count
        self.mode = mode
        self.defaultLifetime = defaultLifetime
        self.maximumRounds = maximumRounds
        self.maximumWrites = maximumWrites
        self.maximumBytes = maximumBytes
        for (index, document) in documents.enumerated() {
            if let expiry = document.expiresAt, expiry <= now { skip(index) }
        }
    }

    mutating func nextAction() -> Action {
        hiccup = nil
        guard openCount > 0 else { return .finished }
        current = items.indices.filter { if case .read = items[$0].phase { true } else { false } }
        if !current.isEmpty { return .read(current.map { documents[$0].key }) }

        var writes: [DocumentWrite] = []
        writes.reserveCapacity(min(openCount, maximumWrites))
        var bytes = 0
        for index in items.indices {
            guard case .write(let condition) = items[index].phase else { continue }
            let document = documents[index]
            if !writes.isEmpty, writes.count == maximumWrites || bytes + document.document.byteCount > maximumBytes {
                break
            }
            bytes += document.document.byteCount
            writes.append(
                .put(document.document, to: document.key, condition: condition, lifetime: lifetime(of: document))
            )
            current.append(index)
        }
        return .write(writes)
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
            case .applied: written(index)
            case .unknown(let error): read(index, after: error)
            case .rejected(let rejection): try reject(index, rejection)
            }
        }
    }

    private mutating func reject(_ index: Int, _ rejection: Rejection) throws(StoreError) {
        switch rejection {
        case .exists where mode == .insertIfAbsent && items[index].open == nil: skip(index)
        case .exists, .notFound, .etagMismatch: read(index)
        case .skipped: nextRound(index, phase: items[index].phase)
        case .uniqueIndex(let name):
            fail(
                index,
                StoreError(
                    .invalidDocument,
                    "Another document of the target holds the same value of the unique index \(name); decide which one is right.",
                    context: .init(collection: documents[index].key.collection)
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
            case .caller, .conflict: fail(index, error)
            }
        }
    }

    /// Takes what the target holds under the keys of the last action, or why one could not be read.
    mutating func record(found: [Result<StoredDocument?, StoreError>]) {
        for (index, result) in zip(current, found) {
            switch result {
            case .failure(let error): fail(index, error)
            case .success(let stored?) where stored.holdsTheSame(as: documents[index]):
                if items[index].open == nil { skip(index) } else { written(index) }
            // Somebody else's document: an insert of ours can no longer succeed.
            case .success(.some) where mode == .insertIfAbsent: skip(index)
            case .success(let stored?): items[index].phase = .write(.ifMatches(stored.etag))
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
        fail(
            index,
            error ?? items[index].open
                ?? StoreError(
                    .versionConflict,
                    "The document in the target changed each time before it could be replaced; copy it again later.",
                    context: .init(collection: documents[index].key.collection)
                )
        )
    }

    // MARK: Ends

    private mutating func written(_ index: Int) {
        end.written += 1
        close(index)
    }

    private mutating func skip(_ index: Int) {
        end.skipped += 1
        close(index)
    }

    private mutating func fail(_ index: Int, _ error: StoreError) {
        end.failed.append((documents[index], error))
        close(index)
    }

    private mutating func close(_ index: Int) {
        items[index].phase = .ended
        openCount -= 1
    }

    private func lifetime(of document: StoredDocument) -> Lifetime {
        document.expiresAt.map { .until($0) } ?? defaultLifetime
    }
}

/// How the documents of a page ended.
struct PageEnd {
    var written = 0
    var skipped = 0
    /// Those that could not be written, and why.
    var failed: [(document: StoredDocument, error: StoreError)] = []
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
