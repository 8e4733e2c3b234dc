public import MigrationCore

extension MongoDocumentStore {
    public func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try await named { () async throws(StoreError) -> WriteOutcome in
            try CollectionCatalog.check(write.key.collection, database: database)
            try DocumentRules.check(write, capabilities: capabilities)
            return try await onLane([write]) { (writer) throws(StoreError) in
                do throws(StoreError) {
                    return try writer.apply(write)
                } catch  where error.code == .outcomeUnknown {
                    return .unknown(error)
                }
            }
        }
    }

    public func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        try await named { () async throws(StoreError) -> [WriteOutcome] in
            guard !writes.isEmpty else {
                throw StoreError(.emptyBatch, "The batch has no writes; do not call the store for it.")
            }
            var batch = WriteBatch(writes, order: order)
            var checked: CollectionName?
            for (index, write) in writes.enumerated() {
                do throws(StoreError) {
                    if write.key.collection != checked {
                        try CollectionCatalog.check(write.key.collection, database: database)
                        checked = write.key.collection
                    }
                    try DocumentRules.check(write, capabilities: capabilities)
                } catch {
                    batch.end(index, as: .rejected(.invalid(error.from(id))))
                }
            }
            while let part = batch.next() {
                let outcomes: [WriteOutcome]
                do throws(StoreError) {
                    outcomes = try await onLane(writes[part]) { (writer) throws(StoreError) in
                        try writer.apply(writes[part], order: order)
                    }
                } catch {
                    // Nothing of this part was applied. Before the first applied write the caller is told by an error.
                    guard batch.hasApplied else { throw error }
                    batch.abandon(with: error.from(id))
                    break
                }
                batch.record(outcomes, of: part)
            }
            return batch.outcomes
        }
    }

    public func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        try await named { () async throws(StoreError) -> TransactionOutcome in
            try DocumentRules.check(transaction: writes, capabilities: capabilities)
            try CollectionCatalog.check(writes[0].key.collection, database: database)
            return try await onLane(writes[...]) { [id] (writer) throws(StoreError) in
                do throws(StoreError) {
                    return try writer.applyAll(writes, store: id)
                } catch  where error.code == .outcomeUnknown {
                    return .unknown(error.from(id))
                }
            }
        }
    }

    /// Runs writes of one collection on a lane.
    private func onLane<Value: Sendable>(
        _ writes: ArraySlice<DocumentWrite>,
        _ body: @escaping @Sendable (DocumentWriter) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let time = now()
        let collection = writes[writes.startIndex].key.collection
        let (database, etags, capabilities, catalog) = (database, etags, capabilities, catalog)
        let budget = connection.configuration.transactionBudget
        return try await connection.lanes.run { (client) throws(StoreError) -> Value in
            let lifetime = try catalog.defaultLifetime(of: collection, writing: writes, on: client)
            let writer = DocumentWriter(
                client: client,
                database: database,
                now: time,
                etags: etags,
                capabilities: capabilities,
                defaultLifetime: lifetime,
                budget: budget
            )
            return try body(writer)
        }
    }
}

/// A batch on its way: which writes come next together, and how each one has ended.
struct WriteBatch {
    /// How much one part carries at most: a command takes 16 MiB, and what surrounds the documents needs some of it.
    private static let maximumCount = 500
    private static let maximumBytes = 12 << 20

    private let writes: [DocumentWrite]
    private let order: BatchOrder
    private var ends: [WriteOutcome?]
    private var position = 0

    init(_ writes: [DocumentWrite], order: BatchOrder) {
        self.writes = writes
        self.order = order
        ends = Array(repeating: nil, count: writes.count)
    }

    var hasApplied: Bool { ends.contains { $0?.isApplied ?? false } }

    mutating func end(_ index: Int, as outcome: WriteOutcome) { ends[index] = outcome }

    /// The next writes, which are of one collection and applied in one go; nil when all have ended.
    mutating func next() -> Range<Int>? {
        while position < writes.count, ends[position] != nil {
            // An ordered batch ends at an invalid item, once those before it are done.
            if order == .ordered { skipRest(after: position) } else { position += 1 }
        }
        guard position < writes.count else { return nil }
        let start = position
        var bytes = 0
        while position < min(writes.count, start + Self.maximumCount), ends[position] == nil,
            writes[position].key.collection == writes[start].key.collection
        {
            bytes += writes[position].commandBytes
            if position > start, bytes > Self.maximumBytes { break }
            position += 1
        }
        return start..<position
    }

    mutating func record(_ outcomes: [WriteOutcome], of part: Range<Int>) {
        for (index, outcome) in zip(part, outcomes) { ends[index] = outcome }
        if order == .ordered, let last = zip(part, outcomes).first(where: { !$0.1.isApplied }) {
            skipRest(after: last.0)
        }
    }

    /// The rest was not applied, for this reason.
    mutating func abandon(with error: StoreError) {
        for index in ends.indices where ends[index] == nil { ends[index] = .rejected(.invalid(error)) }
        position = writes.count
    }

    private mutating func skipRest(after index: Int) {
        for rest in (index + 1)..<max(index + 1, ends.count) { ends[rest] = .rejected(.skipped) }
        position = writes.count
    }

    var outcomes: [WriteOutcome] { ends.map { $0 ?? .rejected(.skipped) } }
}

extension DocumentWrite {
    /// About how much of a command the write takes: the body, and the key where it selects and where it is stored.
    fileprivate var commandBytes: Int {
        guard case .put(let body, _) = action else { return 0 }
        return body.byteCount + 2 * (key.id.textByteCount + key.partition.text.utf8.count)
    }
}
