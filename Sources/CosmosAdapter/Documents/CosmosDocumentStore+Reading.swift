internal import CutoverAzureTransport
public import MigrationCore

extension CosmosDocumentStore {
    public func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await door.enter { () async throws(StoreError) -> DocumentPage in
            try await page(query, KeyScope(query.partition), after: continuation, pageSize: pageSize)
        }
    }

    /// A page of a query within a scope.
    func page(
        _ query: DocumentQuery,
        _ scope: KeyScope,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try DocumentRules.check(pageSize: pageSize)
        let cursor = try QueryCursor(query, after: continuation)
        guard query.sort.isEmpty else { return try await sortedPage(query, scope, cursor, pageSize: pageSize) }
        return try await page(query, scope, cursor, pageSize: pageSize)
    }

    /// A page in the store's order: as many items as the page may have documents, so that it may be short, and even empty.
    private func page(
        _ query: DocumentQuery,
        _ scope: KeyScope,
        _ cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        var cursor = cursor
        var place: WalkPlace?
        switch cursor.position {
        case nil: break
        case .stored(let text): place = try Self.place(text, query.collection)
        case .sorted: throw Self.misplaced(query.collection)
        }
        let remaining = query.limit.map { max(0, $0 - cursor.returned) } ?? .max
        guard remaining > 0, let walk = try await walk(query.collection, scope, where: query.filter) else {
            return DocumentPage(documents: [], continuation: nil)
        }
        let page = try await walk.page(after: place ?? walk.start, size: min(pageSize, remaining))
        let documents = try documents(page.items, walk).filter { query.filter.matches($0.document) }
        cursor.returned += documents.count
        guard let next = page.next, documents.count < remaining else {
            return DocumentPage(documents: documents, continuation: nil)
        }
        cursor.position = .stored(next.text)
        return DocumentPage(documents: documents, continuation: cursor.continuation)
    }

    /// A page of a sorted query: one pass over the collection or partition that keeps no more than the page.
    ///
    /// The service would sort numbers, texts and flags as this library does, but neither wrapped values nor what is missing.
    private func sortedPage(
        _ query: DocumentQuery,
        _ scope: KeyScope,
        _ cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        var page = try SortedPage(query, cursor: cursor, size: pageSize)
        try await pass(query.collection, scope, where: query.filter) { (documents) throws(StoreError) in
            for document in documents where query.filter.matches(document.document) { page.offer(document) }
        }
        let (documents, next) = page.finish(query, cursor: cursor)
        return DocumentPage(documents: documents, continuation: next?.continuation)
    }

    public func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try await door.enter { () async throws(StoreError) -> Int in
            try await count(collection, KeyScope(partition), where: filter)
        }
    }

    /// The number of documents within a scope that match.
    func count(
        _ collection: CollectionName,
        _ scope: KeyScope,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try filter.check()
        if filter == .all { return try await countAll(collection, scope) }
        var count = 0
        try await pass(collection, scope, where: filter) { (documents) throws(StoreError) in
            count += documents.count { filter.matches($0.document) }
        }
        return count
    }

    /// Each range counts what it has, and the counts are added up.
    private func countAll(_ collection: CollectionName, _ scope: KeyScope) async throws(StoreError) -> Int {
        var query = ItemQuery.all()
        if configuration.keepsLifetimes {
            query.text += " AND (NOT IS_DEFINED(c.\(ItemForm.own).x) OR c.\(ItemForm.own).x > @now)"
            query.parameters.append(("@now", .double(Double(environment.wallClock().millisecondsSinceEpoch))))
        }
        query.text = "SELECT VALUE COUNT(1)" + query.text.dropFirst("SELECT *".count)
        guard let walk = try await walk(collection, scope, query) else { return 0 }
        var count = 0
        var place: WalkPlace? = walk.start
        while let here = place {
            try Self.checkCancellation()
            let page = try await walk.page(after: here, size: 1_000)
            for item in page.items {
                guard let number = Int(String(decoding: item, as: UTF8.self)) else {
                    throw CosmosGateway.strange(.init(collection: collection))
                }
                count += number
            }
            place = page.next
        }
        return count
    }

    public func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await door.enter { () async throws(StoreError) -> ScanPage in
            try DocumentRules.check(pageSize: pageSize)
            let cursor = try ScanCursor(range, after: continuation)
            var place = WalkPlace(from: range.lowerBound ?? "", to: range.upperBound ?? "FF")
            if let position = cursor.position { place = try Self.place(position, range.collection) }
            guard let walk = try await walk(range.collection, .all, ItemQuery.all()) else {
                return ScanPage(documents: [], continuation: nil)
            }
            let page = try await walk.page(after: place, size: pageSize)
            var documents: [StoredDocument] = []
            var unreadable: [UnreadableDocument] = []
            for item in page.items {
                switch read(item, walk) {
                case nil: break
                case .success(let document)?: documents.append(document)
                case .failure(let damaged)?: unreadable.append(damaged.document)
                }
            }
            return ScanPage(
                documents: documents,
                unreadable: unreadable,
                continuation: page.next.map { cursor.continuation(at: $0.text) }
            )
        }
    }

    /// The physical ranges of the container, neighbours taken together where there are too many.
    public func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await door.enter { () async throws(StoreError) -> [ScanRange] in
            guard maximumCount >= 1 else {
                throw StoreError(
                    .invalidArgument,
                    "A collection is cut into at least 1 range, not \(maximumCount).",
                    context: .init(collection: collection)
                )
            }
            guard let container = try await container(of: collection) else { return [ScanRange(collection)] }
            let physical = try await ranges.ranges(of: container, gateway, .init(collection: collection))
            let count = min(maximumCount, physical.count)
            return (0..<count).map { index in
                let (first, end) = (index * physical.count / count, (index + 1) * physical.count / count)
                return ScanRange(
                    collection,
                    lowerBound: index == 0 ? nil : physical[first].minimum,
                    upperBound: index == count - 1 ? nil : physical[end - 1].maximum
                )
            }
        }
    }
}
