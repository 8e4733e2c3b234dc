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

    /// Applies one write.
    func apply(_ write: DocumentWrite) throws(StoreError) -> WriteOutcome {
        try inTransaction { (transaction) throws(StoreError) in try transaction.apply(write) }
    }

    /// Applies writes on their own: one that cannot be applied leaves the others alone.
    func apply(_ writes: [DocumentWrite], order: BatchOrder) throws(StoreError) -> [WriteOutcome] {
        do throws(StoreError) {
            return try inTransaction { (transaction) throws(StoreError) in
                var outcomes: [WriteOutcome] = []
                for write in writes {
                    if order == .ordered, let last = outcomes.last, !last.isApplied {
                        outcomes.append(.rejected(.skipped))
                        continue
                    }
                    outcomes.append(try outcome(of: write, in: transaction))
                }
                return outcomes
            }
        } catch  where error.code == .outcomeUnknown {
            return writes.map { _ in .unknown(error) }
        } catch  where error.mongoFailure?.origin == .server && error.category != .transient && writes.count > 1 {
            // The server refused one of them and ended the transaction: each on its own then.
            return try applyEach(writes, order: order)
        }
    }

    private func applyEach(_ writes: [DocumentWrite], order: BatchOrder) throws(StoreError) -> [WriteOutcome] {
        var outcomes: [WriteOutcome] = []
        for write in writes {
            if order == .ordered, let last = outcomes.last, !last.isApplied {
                outcomes.append(.rejected(.skipped))
                continue
            }
            do throws(StoreError) {
                outcomes.append(try apply(write))
            } catch  where error.code == .outcomeUnknown || error.category == .transient {
                outcomes.append(.unknown(error))
            } catch {
                outcomes.append(.rejected(.invalid(error)))
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
        } catch  where error.mongoFailure == nil {
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
