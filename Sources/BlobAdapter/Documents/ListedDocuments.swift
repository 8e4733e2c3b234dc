internal import CutoverAzureTransport
internal import MigrationCore

/// Documents that are found by listing blobs: queries, counts and scans, page by page of the listing.
struct ListedDocuments: Sendable {
    /// What a blob in a collection's folder is.
    enum Item: Sendable {
        case document(StoredDocument)
        case unreadable(UnreadableDocument)
    }

    /// How many blobs are listed, and read, at a time where the caller sees no pages.
    private static let passSize = 256

    let gateway: BlobGateway
    /// What a listing has beside the names, where that is needed.
    var includes: String?
    /// What the names of a collection's blobs begin with, or those of one of its partitions, and maybe others.
    let prefix: @Sendable (CollectionName, PartitionKey?) -> String
    /// Which document of the collection a blob of a listing is; nil when it is none, as far as the listing tells.
    let key: @Sendable (BlobListing.Entry, CollectionName) -> DocumentKey?
    /// Everything in a listing, in its order; what was deleted since is left out.
    let items: @Sendable (BlobListing, CollectionName) async throws(StoreError) -> [Item]

    func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try DocumentRules.check(pageSize: pageSize)
        let cursor = try QueryCursor(query, after: continuation)
        guard query.sort.isEmpty else { return try await sortedPage(query, cursor, pageSize: pageSize) }
        return try await page(query, cursor, pageSize: pageSize)
    }

    /// A page in the order of the names: as many blobs as the page may have documents, so that it may be short, and
    /// even empty.
    private func page(
        _ query: DocumentQuery,
        _ cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        var cursor = cursor
        let marker: String?
        switch cursor.position {
        case nil: marker = nil
        case .stored(let text): marker = text
        case .sorted:
            throw StoreError(
                .invalidContinuation,
                "The continuation is one of a sorted query; begin again without one.",
                context: .init(collection: query.collection)
            )
        }
        let remaining = query.limit.map { max(0, $0 - cursor.returned) } ?? .max
        guard remaining > 0 else { return DocumentPage(documents: [], continuation: nil) }
        let listing = try await gateway.list(
            prefix(query.collection, query.partition),
            after: marker,
            size: min(pageSize, remaining),
            includes: includes,
            query.collection
        )
        let documents = try await self.documents(listing, query.collection, query.partition).filter {
            query.filter.matches($0.document)
        }
        cursor.returned += documents.count
        guard let next = listing.marker, documents.count < remaining else {
            return DocumentPage(documents: documents, continuation: nil)
        }
        cursor.position = .stored(next)
        return DocumentPage(documents: documents, continuation: cursor.continuation)
    }

    /// A page of a sorted query: one pass over the collection or partition that keeps no more than the page.
    private func sortedPage(
        _ query: DocumentQuery,
        _ cursor: QueryCursor,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        var page = try SortedPage(query, cursor: cursor, size: pageSize)
        try await pass(query.collection, query.partition) { (listing) async throws(StoreError) in
            for document in try await self.documents(listing, query.collection, query.partition)
            where query.filter.matches(document.document) {
                page.offer(document)
            }
        }
        let (documents, next) = page.finish(query, cursor: cursor)
        return DocumentPage(documents: documents, continuation: next?.continuation)
    }

    func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try filter.check()
        var count = 0
        try await pass(collection, partition) { (listing) async throws(StoreError) in
            guard filter != .all else {
                count += listing.entries.count { isDocument($0, collection, partition) }
                return
            }
            count += try await self.documents(listing, collection, partition).count { filter.matches($0.document) }
        }
        return count
    }

    func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try DocumentRules.check(pageSize: pageSize)
        let cursor = try ScanCursor(range, after: continuation)
        guard range.lowerBound == nil, range.upperBound == nil else {
            throw StoreError(
                .invalidArgument,
                "The range was not made by this store; ask it for its own ranges.",
                context: .init(collection: range.collection)
            )
        }
        let listing = try await gateway.list(
            prefix(range.collection, nil),
            after: cursor.position,
            size: pageSize,
            includes: includes,
            range.collection
        )
        var documents: [StoredDocument] = []
        var unreadable: [UnreadableDocument] = []
        for item in try await items(listing, range.collection) {
            switch item {
            case .document(let document): documents.append(document)
            case .unreadable(let damaged): unreadable.append(damaged)
            }
        }
        return ScanPage(
            documents: documents,
            unreadable: unreadable,
            continuation: listing.marker.map(cursor.continuation(at:))
        )
    }

    /// One range: a listing begins at the beginning or where another one ended, and nowhere else.
    func scanRanges(of collection: CollectionName, maximumCount: Int) throws(StoreError) -> [ScanRange] {
        guard maximumCount >= 1 else {
            throw StoreError(
                .invalidArgument,
                "A collection is cut into at least 1 range, not \(maximumCount).",
                context: .init(collection: collection)
            )
        }
        return [ScanRange(collection)]
    }

    /// Goes over the listing of a collection, or of one of its partitions, page by page.
    private func pass(
        _ collection: CollectionName,
        _ partition: PartitionKey?,
        _ body: (BlobListing) async throws(StoreError) -> Void
    ) async throws(StoreError) {
        var marker: String?
        repeat {
            guard !Task.isCancelled else {
                throw StoreError(.cancelled, "The task was cancelled while it read a collection.")
            }
            let listing = try await gateway.list(
                prefix(collection, partition),
                after: marker,
                size: Self.passSize,
                includes: includes,
                collection
            )
            try await body(listing)
            marker = listing.marker
        } while marker != nil
    }

    /// The documents of a listing; one that does not parse is `corrupt`.
    private func documents(
        _ listing: BlobListing,
        _ collection: CollectionName,
        _ partition: PartitionKey?
    ) async throws(StoreError) -> [StoredDocument] {
        var listing = listing
        listing.entries.removeAll { !isDocument($0, collection, partition) }
        var documents: [StoredDocument] = []
        for item in try await items(listing, collection) {
            switch item {
            case .document(let document): documents.append(document)
            case .unreadable(let damaged):
                throw StoreError(
                    .corrupt,
                    "A blob is no valid document; a scan lists it with its bytes.",
                    context: .init(collection: collection),
                    underlying: damaged.error
                )
            }
        }
        return documents
    }

    private func isDocument(
        _ entry: BlobListing.Entry,
        _ collection: CollectionName,
        _ partition: PartitionKey?
    ) -> Bool {
        guard let key = self.key(entry, collection) else { return false }
        return partition.map { $0 == key.partition } ?? true
    }
}
