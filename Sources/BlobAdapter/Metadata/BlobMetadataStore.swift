package import CutoverAzureTransport
public import MigrationCore

/// A document store whose documents are the metadata of the blobs that they describe.
///
/// It reads what applications keep in metadata today, such as who uploaded a file and when, and holds any document of up to
/// 8 KiB beside the content, which it never touches. A blob without metadata is no document. A document that is written where
/// there is no blob makes an empty one, which deleting the document removes; deleting the document of any other blob removes
/// its metadata only.
///
/// Listings bring the metadata along, so a query takes one request for each page.
public final class BlobMetadataStore: DocumentStore {
    public let id: StoreID
    public let capabilities = DocumentStoreCapabilities(
        maximumDocumentBytes: 5 << 10,
        maximumIDBytes: 512,
        acceptsTypedIDs: true,
        maximumTransactionWrites: 0,
        createsCollectionsOnWrite: false,
        supportsExpiry: false,
        supportsUniqueIndexes: false,
        supportsSort: true,
        changeHistory: .none,
        durability: .replicated
    )

    let configuration: BlobConfiguration
    let gateway: BlobGateway
    let names: MetadataNames
    let environment: AzureEnvironment
    let definitions: CollectionBlobs
    let door: StoreDoor

    private init(
        id: StoreID,
        _ configuration: BlobConfiguration,
        folders: [CollectionName: String],
        gateway: BlobGateway,
        _ environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void
    ) {
        self.id = id
        self.configuration = configuration
        self.gateway = gateway
        self.environment = environment
        door = StoreDoor(id, end: end)
        names = MetadataNames(prefix: configuration.prefix, folders: folders)
        definitions = CollectionBlobs(
            gateway: gateway,
            names: DocumentNames(prefix: configuration.prefix),
            environment,
            limit: configuration.maximumConcurrentRequests,
            store: id
        )
    }

    /// Opens the store over a given transport, and makes sure that its container is there.
    ///
    /// - Parameters:
    ///   - folders: what the names of a collection's blobs begin with, such as `tenders/`; by default
    ///     `metadata/` and the collection's name.
    ///   - end: called once when the store was closed, such as to stop the transport.
    package static func connect(
        id: StoreID,
        _ configuration: BlobConfiguration,
        folders: [CollectionName: String] = [:],
        in environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void = {}
    ) async throws(StoreError) -> BlobMetadataStore {
        do throws(StoreError) {
            for folder in folders.values where !folder.isEmpty && (folder.first == "/" || folder.last != "/") {
                throw StoreError(
                    .invalidConfiguration,
                    "The folder of a collection ends with a slash and does not begin with one."
                )
            }
            let texts = folders.values.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            guard zip(texts, texts.dropFirst()).allSatisfy({ !$1.utf8.starts(with: $0.utf8) }) else {
                throw StoreError(.invalidConfiguration, "No folder of a collection lies in that of another one.")
            }
            let gateway = try await BlobGateway.open(configuration, in: environment)
            return BlobMetadataStore(id: id, configuration, folders: folders, gateway: gateway, environment, end: end)
        } catch {
            throw error.from(id)
        }
    }

    public func close() async { await door.close() }

    public func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try await door.enter { () async throws(StoreError) -> StoredDocument? in
            try DocumentRules.check(key, capabilities: capabilities)
            return try await find(key)
        }
    }

    public func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        try await door.enter { () async throws(StoreError) -> [StoredDocument?] in
            for key in keys { try DocumentRules.check(key, capabilities: capabilities) }
            let different = Array(Set(keys))
            let found = await ConcurrentCalls.each(different, limit: configuration.maximumConcurrentRequests) {
                [self] (key) async throws(StoreError) in try await find(key)
            }
            var documents: [DocumentKey: StoredDocument] = [:]
            for (key, result) in zip(different, found) { documents[key] = try result.get() }
            return keys.map { documents[$0] }
        }
    }

    public func collections() async throws(StoreError) -> [CollectionDefinition] {
        try await door.enter { () async throws(StoreError) -> [CollectionDefinition] in
            let defined = try await definitions.all()
            let given = names.folders.keys.filter { name in !defined.contains { $0.name == name } }
            return (defined + given.map { CollectionDefinition($0) }).sorted { $0.name < $1.name }
        }
    }

    public func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await door.enter { () async throws(StoreError) in try await definitions.ensure(definition) }
    }
}

extension BlobMetadataStore {
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
            includes: "metadata",
            prefix: { [names] in names.folder(of: $0, partition: $1) },
            key: { [names] (entry, collection) in
                MetadataForm.isDocument(entry.metadata) ? names.key(of: entry.name, in: collection) : nil
            },
            items: { [names] (listing, collection) async throws(StoreError) in
                listing.entries.compactMap { Self.item($0, names, collection) }
            }
        )
    }

    private static func item(
        _ entry: BlobListing.Entry,
        _ names: MetadataNames,
        _ collection: CollectionName
    ) -> ListedDocuments.Item? {
        guard MetadataForm.isDocument(entry.metadata) else { return nil }
        let key = names.key(of: entry.name, in: collection)
        do throws(DocumentError) {
            guard let key else {
                throw DocumentError(.invalidKey, "The name of the blob is not that of a document of this store.")
            }
            let document = try MetadataForm.document(entry.metadata)
            return .document(StoredDocument(key: key, document: document, etag: ETag(entry.etag)))
        } catch {
            let bytes = entry.metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
            return .unreadable(UnreadableDocument(key: key, bytes: Array(bytes.utf8), error: error))
        }
    }
}
