internal import MigrationCore

/// Applies writes of one collection on one lane: each in the shortest way that is exact.
struct DocumentWriter {
    let client: MongoClient
    let database: String
    let now: WallTime
    let etags: ETagSource
    let capabilities: DocumentStoreCapabilities
    let defaultLifetime: Duration?
    let budget: Duration

    private var direct: DirectWriter {
        DirectWriter(client: client, database: database, now: now, etags: etags, defaultLifetime: defaultLifetime)
    }

    /// Applies one write.
    ///
    /// - Parameter isRefused: whether a single command was tried and did not apply it.
    func apply(_ write: DocumentWrite, isRefused: Bool = false) throws(StoreError) -> WriteOutcome {
        if !isRefused, DirectWriter.takes(write), let outcome = try direct.apply(write) { return outcome }
        do throws(StoreError) {
            return try inTransaction { (transaction) throws(StoreError) in try transaction.apply(write) }
        } catch {
            guard let name = error.mongoFailure?.refusingIndex else { throw error }
            return .rejected(.uniqueIndex(name: name))
        }
    }

    /// Applies writes on their own: one that cannot be applied leaves the others alone.
    ///
    /// Runs of inserts, of upserts and of replacements are one command each; everything else goes one by one.
    func apply(_ writes: ArraySlice<DocumentWrite>, order: BatchOrder) throws(StoreError) -> [WriteOutcome] {
        var outcomes: [WriteOutcome] = []
        var rest = writes
        while !rest.isEmpty {
            if order == .ordered, let last = outcomes.last, !last.isApplied {
                outcomes += rest.map { _ in .rejected(.skipped) }
                break
            }
            let run = BulkRun(rest)
            do throws(StoreError) {
                outcomes += try apply(run, rest.prefix(run.count), order: order)
            } catch  where !outcomes.contains(where: \.isApplied) {
                throw error
            } catch {
                // Nothing of this run was applied, nor of what would follow it.
                outcomes += rest.map { _ in .rejected(.invalid(error)) }
                break
            }
            rest = rest.dropFirst(run.count)
        }
        return outcomes
    }

    private func apply(
        _ run: BulkRun,
        _ writes: ArraySlice<DocumentWrite>,
        order: BatchOrder
    ) throws(StoreError) -> [WriteOutcome] {
        let first: [WriteOutcome?]
        switch run.kind {
        case .inserts: first = try direct.insert(writes, ordered: order == .ordered)
        case .numberedInserts: first = try insertBesideSiblings(writes, order: order)
        case .upserts:
            first = try direct.update(
                writes.map { ($0, DocumentPlace.usual($0.key).query) },
                upserts: true,
                ordered: order == .ordered
            )
        // One replacement alone needs no transaction.
        case .replacements where writes.count > 1: first = try replaceTogether(writes, order: order)
        case .replacements, .single: return try applyEach(writes, order: order)
        }
        var outcomes: [WriteOutcome] = []
        var isRefused = run.kind == .inserts || run.kind == .upserts
        for (write, outcome) in zip(writes, first) {
            if order == .ordered, let last = outcomes.last, !last.isApplied {
                outcomes.append(.rejected(.skipped))
            } else if let outcome {
                outcomes.append(outcome)
            } else {
                // Something was there: an expired document, or one that explains the refusal.
                outcomes += try applyEach([write], order: order, areRefused: isRefused)
                // What lies behind it in an ordered command was not attempted.
                if order == .ordered { isRefused = false }
            }
        }
        return outcomes
    }

    /// Inserts documents whose ids MongoDB may take for another one's: where none of their places is taken, by one command.
    private func insertBesideSiblings(
        _ writes: ArraySlice<DocumentWrite>,
        order: BatchOrder
    ) throws(StoreError) -> [WriteOutcome?] {
        let direct = direct
        do throws(StoreError) {
            return try client.transaction(budget: budget) { (session) throws(StoreError) in
                let places = writes.flatMap { DocumentPlace.candidates($0.key).map(\.value) }
                var isFree = true
                unsafe try client.find(
                    ["_id": ["$in": .array(places)]],
                    in: writes[writes.startIndex].key.collection.nameInMongoDB,
                    of: database,
                    options: ["limit": 1, "projection": ["_id": 1]],
                    in: session
                ) { (_) throws(StoreError) in
                    isFree = false
                    return false
                }
                guard isFree else { return writes.map { _ in nil } }
                let outcomes = try direct.insert(writes, ordered: true, in: session)
                // Two of them share a place, or another writer came in between.
                guard outcomes.allSatisfy({ $0?.isApplied ?? false }) else { throw .refusedTransaction }
                return outcomes
            }
        } catch  where error.code == .outcomeUnknown {
            return writes.map { _ in .unknown(error) }
        } catch  where error.mongoFailure == nil {
            return writes.map { _ in nil }
        }
    }

    /// Who meets writers that are faster for longer than this goes on one by one, which waits for each document alone.
    ///
    /// A commit that was sent is asked for its end for as long as any other.
    private static let replacementBudget = Duration.seconds(1)

    /// Replaces documents under their conditions by one command in a transaction; see ``DirectWriter/replace(_:_:in:)``.
    private func replaceTogether(
        _ writes: ArraySlice<DocumentWrite>,
        order: BatchOrder
    ) throws(StoreError) -> [WriteOutcome?] {
        let direct = direct
        var tags: [ETag] = []
        var replaced: [Bool] = []
        do throws(StoreError) {
            return try client.transaction(budget: budget, attempts: Self.replacementBudget) {
                (session) throws(StoreError) -> [WriteOutcome?] in
                tags = writes.map { _ in etags.next() }
                // Behind the first refusal of an ordered batch nothing may be applied, and here it would be.
                guard let made = try direct.replace(writes, tags, in: session),
                    order == .unordered || !made.contains(false)
                else { throw .refusedTransaction }
                replaced = made
                return zip(made, tags).map { $0 ? .applied($1) : nil }
            }
        } catch  where error.code == .outcomeUnknown {
            // The commit was sent. One that is there tells that all are; what was not replaced is not among them either way.
            let found = direct.resolve(writes, tags, after: error)
            let isCommitted = found.contains { $0?.isApplied ?? false }
            return tags.indices.map { index in
                guard replaced[index] else { return nil }
                return isCommitted ? .applied(tags[index]) : found[index]
            }
        } catch  where error.code == .busy || error.mongoFailure == nil {
            return writes.map { _ in nil }
        }
    }

    private func applyEach(
        _ writes: ArraySlice<DocumentWrite>,
        order: BatchOrder,
        areRefused: Bool = false
    ) throws(StoreError) -> [WriteOutcome] {
        var outcomes: [WriteOutcome] = []
        var hindrance: StoreError?
        for write in writes {
            if order == .ordered, let last = outcomes.last, !last.isApplied {
                outcomes.append(.rejected(.skipped))
                continue
            }
            if let hindrance {
                outcomes.append(.rejected(.invalid(hindrance)))
                continue
            }
            do throws(StoreError) {
                outcomes.append(try apply(write, isRefused: areRefused))
            } catch  where error.code == .outcomeUnknown {
                outcomes.append(.unknown(error))
            } catch {
                outcomes.append(.rejected(.invalid(error)))
                // What is wrong with the server is so for the others as well, and each attempt would wait for it anew.
                if error.category == .transient || error.category == .authorization { hindrance = error }
            }
        }
        return outcomes
    }

    /// Applies all writes or none.
    func applyAll(_ writes: [DocumentWrite], store: StoreID) throws(StoreError) -> TransactionOutcome {
        var refusal: (index: Int, rejection: Rejection)?
        do throws(StoreError) {
            let tags = try inTransaction { (transaction) throws(StoreError) -> [ETag?] in
                refusal = nil
                var tags: [ETag?] = []
                for (index, write) in writes.enumerated() {
                    switch try outcome(of: write, in: transaction) {
                    case .applied(let tag): tags.append(tag)
                    case .rejected(let rejection):
                        refusal = (index, rejection)
                        throw .refusedTransaction
                    case .unknown(let error): throw error
                    }
                }
                return tags
            }
            return .applied(tags)
        } catch {
            guard let refusal else { throw error }
            return .rejected(index: refusal.index, refusal.rejection)
        }
    }

    /// Errors of the item itself are its outcome; those of the server end the transaction.
    private func outcome(
        of write: DocumentWrite,
        in transaction: DocumentTransaction
    ) throws(StoreError) -> WriteOutcome {
        do throws(StoreError) {
            return try transaction.apply(write)
        } catch {
            // The index ends the transaction as well, and so does the rejection that it becomes.
            if let name = error.mongoFailure?.refusingIndex { return .rejected(.uniqueIndex(name: name)) }
            guard error.mongoFailure == nil else { throw error }
            return .rejected(.invalid(error))
        }
    }

    private func inTransaction<Value>(
        _ body: (DocumentTransaction) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        try client.transaction(budget: budget) { (session) throws(StoreError) in
            try body(
                DocumentTransaction(
                    client: client,
                    session: session,
                    database: database,
                    now: now,
                    etags: etags,
                    capabilities: capabilities,
                    defaultLifetime: defaultLifetime
                )
            )
        }
    }
}

extension StoreError {
    /// Ends a transaction from within; it never leaves the writer.
    fileprivate static let refusedTransaction = StoreError(.invalidArgument, "A write of the transaction was refused.")

    var category: Code.Category { code.category }
}
