public import MigrationCore

extension SQLiteDocumentStore {
    public func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try await named { () async throws(StoreError) -> WriteOutcome in
            let prepared = try PreparedWrite(write, capabilities: capabilities)
            do throws(StoreError) {
                return try await transaction(in: write.key.collection) { (transaction) throws(StoreError) in
                    try transaction.apply(prepared)
                }
            } catch  where error.code == .outcomeUnknown {
                return .unknown(error.from(id))
            }
        }
    }

    public func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        try await named { () async throws(StoreError) -> [WriteOutcome] in
            guard let first = writes.first else {
                throw StoreError(.emptyBatch, "The batch has no writes; do not call the store for it.")
            }
            let items = await prepare(writes)
            do throws(StoreError) {
                return try await transaction(in: first.key.collection) { (transaction) throws(StoreError) in
                    try transaction.apply(items, order: order)
                }
            } catch  where error.code == .outcomeUnknown {
                let unknown = error.from(id)
                return writes.map { _ in .unknown(unknown) }
            }
        }
    }

    public func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        try await named { () async throws(StoreError) -> TransactionOutcome in
            try DocumentRules.check(transaction: writes, capabilities: capabilities)
            let items = await prepare(writes)
            do throws(StoreError) {
                return try await transaction(in: writes[0].key.collection) { (transaction) throws(StoreError) in
                    try transaction.applyAll(items)
                }
            } catch  where error.code == .outcomeUnknown {
                return .unknown(error.from(id))
            }
        }
    }

    /// Checks and encodes many writes; off the caller's executor, since encoding takes a while.
    @concurrent
    private func prepare(_ writes: [DocumentWrite]) async -> [Result<PreparedWrite, StoreError>] {
        writes.map { write in
            Result { () throws(StoreError) in try PreparedWrite(write, capabilities: capabilities) }
                .mapError { $0.from(id) }
        }
    }

    private func transaction<Value: Sendable>(
        in collection: CollectionName,
        _ body: @escaping @Sendable (inout DocumentTransaction) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        // Taken once, so that a work that runs a second time decides by the same time.
        let time = now()
        return try await database.writer.write { [etags, capabilities, housekeeping] (connection) throws(StoreError) in
            var transaction = DocumentTransaction(on: connection, now: time, etags: etags, capabilities: capabilities)
            let value = try body(&transaction)
            if transaction.appliedCount > 0 {
                try housekeeping.run(
                    afterWrites: transaction.appliedCount,
                    to: collection,
                    now: time,
                    on: connection
                )
            }
            return value
        }
    }
}

extension DocumentTransaction {
    /// Applies writes on their own: one that cannot be applied leaves the others alone.
    fileprivate mutating func apply(
        _ items: [Result<PreparedWrite, StoreError>],
        order: BatchOrder
    ) throws(StoreError) -> [WriteOutcome] {
        var outcomes: [WriteOutcome] = []
        outcomes.reserveCapacity(items.count)
        var isOver = false
        for item in items {
            let outcome = isOver ? .rejected(.skipped) : try outcome(of: item)
            outcomes.append(outcome)
            if order == .ordered && !outcome.isApplied { isOver = true }
        }
        return outcomes
    }

    /// Applies all writes or, by taking back to the savepoint, none.
    fileprivate mutating func applyAll(
        _ items: [Result<PreparedWrite, StoreError>]
    ) throws(StoreError) -> TransactionOutcome {
        try connection.statement(.savepoint).run()
        var tags: [ETag?] = []
        for (index, item) in items.enumerated() {
            switch try outcome(of: item) {
            case .applied(let tag): tags.append(tag)
            case .rejected(let rejection):
                try connection.statement(.rollbackToSavepoint).run()
                try connection.statement(.releaseSavepoint).run()
                return .rejected(index: index, rejection)
            case .unknown(let error): throw error
            }
        }
        try connection.statement(.releaseSavepoint).run()
        return .applied(tags)
    }

    /// Errors of the item itself are its outcome; those of the file end the transaction.
    private mutating func outcome(
        of item: Result<PreparedWrite, StoreError>
    ) throws(StoreError) -> WriteOutcome {
        do throws(StoreError) {
            return try apply(try item.get())
        } catch  where error.sqliteFailure == nil {
            return .rejected(.invalid(error))
        }
    }
}

extension SQL {
    fileprivate static let savepoint: SQL = "SAVEPOINT documents"
    fileprivate static let rollbackToSavepoint: SQL = "ROLLBACK TO documents"
    fileprivate static let releaseSavepoint: SQL = "RELEASE documents"
}
