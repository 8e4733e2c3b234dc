internal import CutoverAzureTransport
public import MigrationCore

extension BlobDocumentStore {
    public func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await door.enter { () async throws(StoreError) -> DocumentPage in
            try await listed.query(query, after: continuation, pageSize: pageSize)
        }
    }

    public func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try await door.enter { () async throws(StoreError) -> Int in
            try await listed.count(collection, partition: partition, where: filter)
        }
    }

    public func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await door.enter { () async throws(StoreError) -> ScanPage in
            try await listed.scan(range, after: continuation, pageSize: pageSize)
        }
    }

    /// One range: a listing begins at the beginning or where another one ended, and nowhere else.
    public func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await door.enter { () async throws(StoreError) -> [ScanRange] in
            try listed.scanRanges(of: collection, maximumCount: maximumCount)
        }
    }

    private var listed: ListedDocuments {
        ListedDocuments(
            gateway: gateway,
            prefix: { [names] in names.documents(of: $0, partition: $1) },
            key: { [names] in names.key(of: $0.name, in: $1) },
            items: { [self] (listing, collection) async throws(StoreError) in
                try await items(listing, in: collection)
            }
        )
    }

    /// Everything in a listing, in its order, read side by side.
    private func items(
        _ listing: BlobListing,
        in collection: CollectionName
    ) async throws(StoreError) -> [ListedDocuments.Item] {
        let found = await each(listing.entries.map(\.name)) {
            [self] (name) async throws(StoreError) -> ListedDocuments.Item? in
            guard let (bytes, tag) = try await gateway.content(name, collection) else { return nil }
            let key = names.key(of: name, in: collection)
            do throws(DocumentError) {
                guard let key else {
                    throw DocumentError(.invalidKey, "The name of the blob is not that of a document of this store.")
                }
                let document = try DocumentBody.document(bytes)
                return .document(StoredDocument(key: key, document: document, etag: tag))
            } catch {
                return .unreadable(UnreadableDocument(key: key, bytes: bytes, error: error))
            }
        }
        var items: [ListedDocuments.Item] = []
        for result in found {
            if let item = try result.get() { items.append(item) }
        }
        return items
    }
}
