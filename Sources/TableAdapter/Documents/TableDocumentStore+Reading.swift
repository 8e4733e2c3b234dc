internal import CutoverAzureTransport
public import MigrationCore

extension TableDocumentStore {
    public func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await door.enter { () async throws(StoreError) -> DocumentPage in
            try DocumentRules.check(pageSize: pageSize)
            let cursor = try QueryCursor(query, after: continuation)
            guard query.sort.isEmpty else { return try await sortedPage(query, cursor, pageSize: pageSize) }
            return try await page(query, cursor, pageSize: pageSize)
        }
    }

    /// A page in the order of the keys: as many entities as the page may have documents, so that it may be short, and
    /// even empty.
    private func page(
        _ query: DocumentQuery,
        _ cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        var cursor = cursor
        var place: EntityPlace?
        switch cursor.position {
        case nil: break
        case .stored(let text): place = try Self.place(text, query.collection)
        case .sorted: throw Self.misplaced(query.collection)
        }
        let remaining = query.limit.map { max(0, $0 - cursor.returned) } ?? .max
        guard remaining > 0 else { return DocumentPage(documents: [], continuation: nil) }
        let page = try await gateway.entities(
            try names.table(of: query.collection),
            partition: query.partition,
            after: place,
            size: min(pageSize, remaining),
            query.collection
        )
        guard let page else { return DocumentPage(documents: [], continuation: nil) }
        let documents = try self.documents(page, in: query.collection).filter { query.filter.matches($0.document) }
        cursor.returned += documents.count
        guard let next = page.next, documents.count < remaining else {
            return DocumentPage(documents: documents, continuation: nil)
        }
        cursor.position = .stored(next.text)
        return DocumentPage(documents: documents, continuation: cursor.continuation)
    }

    /// A page of a sorted query: one pass over the table or partition that keeps no more than the page.
    private func sortedPage(
        _ query: DocumentQuery,
        _ cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        var page = try SortedPage(query, cursor: cursor, size: pageSize)
        try await pass(query.collection, query.partition) { (entities) throws(StoreError) in
            for document in try self.documents(entities, in: query.collection)
            where query.filter.matches(document.document) {
                page.offer(document)
            }
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
            try filter.check()
            var count = 0
            try await pass(collection, partition, keysOnly: filter == .all) { (entities) throws(StoreError) in
                guard filter != .all else {
                    for case .entity(let entity) in entities.items where entity.key.document(in: collection) != nil {
                        count += 1
                    }
                    return
                }
                count += try self.documents(entities, in: collection).count { filter.matches($0.document) }
            }
            return count
        }
    }

    public func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await door.enter { () async throws(StoreError) -> ScanPage in
            try DocumentRules.check(pageSize: pageSize)
            let cursor = try ScanCursor(range, after: continuation)
            guard range.lowerBound == nil, range.upperBound == nil else {
                throw StoreError(
                    .invalidArgument,
                    "The range was not made by this store; ask it for its own ranges.",
                    context: .init(collection: range.collection)
                )
            }
            var place: EntityPlace?
            if let position = cursor.position { place = try Self.place(position, range.collection) }
            let page = try await gateway.entities(
                try names.table(of: range.collection),
                partition: nil,
                after: place,
                size: pageSize,
                range.collection
            )
            guard let page else { return ScanPage(documents: [], continuation: nil) }
            var documents: [StoredDocument] = []
            var unreadable: [UnreadableDocument] = []
            for item in page.items {
                switch Self.read(item, in: range.collection) {
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

    /// One range: the service does not tell how a table's keys are spread.
    public func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await door.enter { () async throws(StoreError) -> [ScanRange] in
            guard maximumCount >= 1 else {
                throw StoreError(
                    .invalidArgument,
                    "A collection is cut into at least 1 range, not \(maximumCount).",
                    context: .init(collection: collection)
                )
            }
            return [ScanRange(collection)]
        }
    }
}

extension TableDocumentStore {
    /// What does not parse, as an error.
    private struct Damaged: Error {
        let document: UnreadableDocument
    }

    /// Goes over a table, or one of its partitions, page by page.
    private func pass(
        _ collection: CollectionName,
        _ partition: PartitionKey?,
        keysOnly: Bool = false,
        _ body: (EntityPage) throws(StoreError) -> Void
    ) async throws(StoreError) {
        let table = try names.table(of: collection)
        var place: EntityPlace?
        repeat {
            guard !Task.isCancelled else {
                throw StoreError(.cancelled, "The task was cancelled while it read a collection.")
            }
            let page = try await gateway.entities(
                table,
                partition: partition,
                after: place,
                size: 1_000,
                keysOnly: keysOnly,
                collection
            )
            guard let page else { return }
            try body(page)
            place = page.next
        } while place != nil
    }

    /// The documents of a page. Entities under keys that no document has are left out; one that does not parse is
    /// `corrupt`.
    private func documents(
        _ page: EntityPage,
        in collection: CollectionName
    ) throws(StoreError) -> [StoredDocument] {
        var documents: [StoredDocument] = []
        for item in page.items {
            switch Self.read(item, in: collection) {
            case nil: break
            case .success(let document)?: documents.append(document)
            case .failure(let damaged)? where damaged.document.error.code == .invalidKey: break
            case .failure(let damaged)?:
                throw StoreError(
                    .corrupt,
                    "An entity is no valid document; a scan lists it with its bytes.",
                    context: .init(collection: collection),
                    underlying: damaged.document.error
                )
            }
        }
        return documents
    }

    /// What an entity is; nil for the definition of the collection.
    private static func read(
        _ item: EntityPage.Item,
        in collection: CollectionName
    ) -> Result<StoredDocument, Damaged>? {
        switch item {
        case .unreadable(let bytes, let error):
            return .failure(Damaged(document: UnreadableDocument(key: nil, bytes: bytes, error: error)))
        case .entity(let entity):
            guard entity.key != .definition else { return nil }
            do throws(DocumentError) {
                guard let document = try entity.stored(in: collection) else {
                    throw DocumentError(
                        .invalidKey,
                        "The keys of the entity are not those of a document of this store."
                    )
                }
                return .success(document)
            } catch {
                let bytes = Entity.json(entity.key, entity.properties, stamp: entity.stamp ?? "")
                let key = entity.key.document(in: collection)
                return .failure(Damaged(document: UnreadableDocument(key: key, bytes: bytes, error: error)))
            }
        }
    }

    private static func place(_ text: String, _ collection: CollectionName) throws(StoreError) -> EntityPlace {
        guard let place = EntityPlace(text) else { throw misplaced(collection) }
        return place
    }

    private static func misplaced(_ collection: CollectionName) -> StoreError {
        StoreError(
            .invalidContinuation,
            "The continuation is damaged or belongs to another query; begin again without one.",
            context: .init(collection: collection)
        )
    }
}
