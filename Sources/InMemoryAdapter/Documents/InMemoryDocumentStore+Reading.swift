public import MigrationCore

extension InMemoryDocumentStore {
    public func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try Refusals.checkCancellation(id)
        return try id.naming { () throws(StoreError) in
            try DocumentRules.check(pageSize: pageSize)
            let cursor = try QueryCursor(query, after: continuation)
            guard query.sort.isEmpty else { return try sortedPage(query, cursor, pageSize: pageSize) }
            return try page(query, cursor, pageSize: pageSize)
        }
    }

    /// A page in the order of the slots: each page goes on where the one before ended.
    private func page(
        _ query: DocumentQuery,
        _ cursor: QueryCursor,
        pageSize: Int
    ) throws(StoreError) -> DocumentPage {
        var cursor = cursor
        let first: Int64
        switch cursor.position {
        case nil: first = 0
        case .stored(let text): first = try slot(at: text, in: query.collection)
        case .sorted: throw misplaced(in: query.collection)
        }
        let remaining = query.limit.map { max(0, $0 - cursor.returned) } ?? .max
        guard remaining > 0 else { return DocumentPage(documents: [], continuation: nil) }
        let selects = selection(query.partition, query.filter)
        let (documents, next) = try inspect { state in
            state.collections[query.collection]?
                .page(from: first, size: min(pageSize, remaining), where: selects) ?? ([], nil)
        }
        cursor.returned += documents.count
        guard let next, documents.count < remaining else {
            return DocumentPage(documents: documents, continuation: nil)
        }
        cursor.position = .stored(position(of: next))
        return DocumentPage(documents: documents, continuation: cursor.continuation)
    }

    /// A page of a sorted query: one pass over the collection that keeps no more than the page.
    private func sortedPage(
        _ query: DocumentQuery,
        _ cursor: QueryCursor,
        pageSize: Int
    ) throws(StoreError) -> DocumentPage {
        guard capabilities.supportsSort else {
            throw StoreError(
                .unsupported,
                "This store does not sort; leave the sort out.",
                context: .init(collection: query.collection)
            )
        }
        let selects = selection(query.partition, query.filter)
        let first = try SortedPage(query, cursor: cursor, size: pageSize)
        let (documents, next) = try inspect { state in
            var page = first
            for slot in state.collections[query.collection]?.slots ?? [] {
                if let document = slot.document, selects(document) { page.offer(document) }
            }
            let (documents, next) = page.finish(query, cursor: cursor)
            return (documents, next)
        }
        return DocumentPage(documents: documents, continuation: next?.continuation)
    }

    public func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try Refusals.checkCancellation(id)
        try id.naming { () throws(StoreError) in try filter.check() }
        let selects = selection(partition, filter)
        return try inspect { state in
            guard let collection = state.collections[collection] else { return 0 }
            if partition == nil, filter == .all, collection.expiringCount == 0 { return collection.count }
            return collection.slots.count { $0.document.map(selects) ?? false }
        }
    }

    public func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try Refusals.checkCancellation(id)
        return try id.naming { () throws(StoreError) in
            try DocumentRules.check(pageSize: pageSize)
            let cursor = try ScanCursor(range, after: continuation)
            let lower = try bound(range.lowerBound, of: range) ?? 0
            let upper = try bound(range.upperBound, of: range)
            let first = try cursor.position.map { (text) throws(StoreError) in
                try slot(at: text, in: range.collection)
            }
            let selects = selection(nil, .all)
            let (documents, next) = try inspect { state in
                state.collections[range.collection]?
                    .page(from: max(lower, first ?? 0), below: upper, size: pageSize, where: selects) ?? ([], nil)
            }
            return ScanPage(
                documents: documents,
                continuation: next.map { cursor.continuation(at: position(of: $0)) }
            )
        }
    }

    public func scanRanges(
        of collection: CollectionName,
        maximumCount: Int
    ) async throws(StoreError) -> [ScanRange] {
        try Refusals.checkCancellation(id)
        guard maximumCount >= 1 else {
            throw StoreError(
                .invalidArgument,
                "A collection is cut into at least 1 range, not \(maximumCount).",
                context: .init(store: id, collection: collection)
            )
        }
        let cuts = try inspect { $0.collections[collection]?.cuts(maximumCount: maximumCount) ?? [] }.map { "\($0)" }
        return zip([nil] + cuts, cuts + [nil]).map { ScanRange(collection, lowerBound: $0, upperBound: $1) }
    }
}

extension InMemoryDocumentStore {
    /// The test that a query makes of each document, expiry included.
    private func selection(_ partition: PartitionKey?, _ filter: Filter) -> @Sendable (StoredDocument) -> Bool {
        let now = now()
        return { stored in
            !stored.isExpired(at: now) && (partition == nil || stored.key.partition == partition)
                && filter.matches(stored.document)
        }
    }

    /// The text of a slot in a continuation.
    private func position(of slot: Int64) -> String { "\(instance):\(slot)" }

    private func slot(at position: String, in collection: CollectionName) throws(StoreError) -> Int64 {
        let parts = position.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == instance, let slot = Int64(parts[1]), slot >= 0 else {
            throw misplaced(in: collection)
        }
        return slot
    }

    private func misplaced(in collection: CollectionName) -> StoreError {
        StoreError(
            .invalidContinuation,
            "The continuation is damaged or was made by another store; begin again without one.",
            context: .init(collection: collection)
        )
    }

    private func bound(_ text: String?, of range: ScanRange) throws(StoreError) -> Int64? {
        guard let text else { return nil }
        guard let bound = Int64(text), bound >= 0 else {
            throw StoreError(
                .invalidArgument,
                "The range was not made by this store; ask it for its own ranges.",
                context: .init(collection: range.collection)
            )
        }
        return bound
    }
}
