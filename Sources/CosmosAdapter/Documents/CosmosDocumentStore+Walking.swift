internal import CutoverAzureTransport
internal import MigrationCore

extension CosmosDocumentStore {
    /// What does not parse, as an error.
    struct Damaged: Error {
        let document: UnreadableDocument
    }

    /// A walk through what a filter may select; nil when there is no such collection.
    func walk(
        _ collection: CollectionName,
        _ scope: KeyScope,
        where filter: Filter
    ) async throws(StoreError) -> CollectionWalk? {
        var pushed = PushedFilter()
        var query = ItemQuery.all()
        if let condition = pushed.condition(for: filter) {
            // What is carried as BSON cannot be looked into by the service.
            query = ItemQuery.all(and: "IS_DEFINED(c.\(ItemForm.own).b) OR \(condition)", pushed.parameters)
        }
        var scope = scope
        if case .all = scope, configuration.documentsAgreeWithKeys, let container = try await container(of: collection),
            let prefix = container.shape.prefix(fixedBy: filter)
        {
            scope = .under(prefix)
        }
        return try await walk(collection, scope, query)
    }

    /// A walk through what a query selects; nil when there is no such collection.
    func walk(
        _ collection: CollectionName,
        _ scope: KeyScope,
        _ query: ItemQuery
    ) async throws(StoreError) -> CollectionWalk? {
        guard let container = try await container(of: collection) else { return nil }
        var walk = CollectionWalk(
            gateway: gateway,
            container: container,
            collection: collection,
            query: query,
            ranges: ranges
        )
        switch scope {
        case .all: break
        case .partition(let key): walk.partition = try ItemKey(key, in: container.shape, collection).header
        case .under(let prefix): walk.start = try container.shape.place(under: prefix, collection)
        }
        return walk
    }

    /// Goes over a collection, or one of its partitions, page by page.
    func pass(
        _ collection: CollectionName,
        _ scope: KeyScope,
        where filter: Filter,
        _ body: ([StoredDocument]) throws(StoreError) -> Void
    ) async throws(StoreError) {
        guard let walk = try await walk(collection, scope, where: filter) else { return }
        var place: WalkPlace? = walk.start
        while let here = place {
            try Self.checkCancellation()
            let page = try await walk.page(after: here, size: 1_000)
            try body(try documents(page.items, walk))
            place = page.next
        }
    }

    static func checkCancellation() throws(StoreError) {
        guard !Task.isCancelled else {
            throw StoreError(.cancelled, "The task was cancelled while it read a collection.")
        }
    }

    /// The documents of a page. Items under keys that no document has are left out; one that does not parse is `corrupt`.
    func documents(_ items: [ArraySlice<UInt8>], _ walk: CollectionWalk) throws(StoreError) -> [StoredDocument] {
        var documents: [StoredDocument] = []
        for item in items {
            switch read(item, walk) {
            case nil: break
            case .success(let document)?: documents.append(document)
            case .failure(let damaged)? where damaged.document.error.code == .invalidKey: break
            case .failure(let damaged)?:
                throw StoreError(
                    .corrupt,
                    "An item is no valid document; a scan lists it with its bytes.",
                    context: .init(collection: walk.collection),
                    underlying: damaged.document.error
                )
            }
        }
        return documents
    }

    /// What an item is; nil for one that has expired.
    func read(_ bytes: ArraySlice<UInt8>, _ walk: CollectionWalk) -> Result<StoredDocument, Damaged>? {
        do throws(DocumentError) {
            let item = try StoredItem(bytes)
            if item.isExpired(at: environment.wallClock()) { return nil }
            guard let collection = walk.collection, let id = ItemID.documentID(item.id),
                let partition = walk.container.shape.partition(of: item)
            else {
                throw DocumentError(.invalidKey, "The id or partition key of the item is not that of a document.")
            }
            return .success(
                StoredDocument(
                    key: DocumentKey(collection: collection, partition: partition, id: id),
                    document: item.body,
                    etag: ETag(item.etag),
                    expiresAt: item.expiresAt
                )
            )
        } catch {
            return .failure(Damaged(document: UnreadableDocument(key: nil, bytes: Array(bytes), error: error)))
        }
    }

    static func place(_ text: String, _ collection: CollectionName) throws(StoreError) -> WalkPlace {
        guard let place = WalkPlace(text) else { throw misplaced(collection) }
        return place
    }

    static func misplaced(_ collection: CollectionName) -> StoreError {
        StoreError(
            .invalidContinuation,
            "The continuation is damaged or belongs to another query; begin again without one.",
            context: .init(collection: collection)
        )
    }
}
