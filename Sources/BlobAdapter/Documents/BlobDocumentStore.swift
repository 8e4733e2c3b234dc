package import CutoverAzureTransport
public import MigrationCore

/// A document store in a container of Azure Blob Storage: one JSON blob for each document.
///
/// It suits documents that are written and read by their keys, and archives. A listing gives names only, so a query
/// reads each blob of its collection or partition, and a sorted query does so for each page. See the adapter's
/// documentation for the names and the form of the blobs. Several stores in several processes may use one container
/// together.
public final class BlobDocumentStore: DocumentStore {
    public let id: StoreID
    public let capabilities = DocumentStoreCapabilities(
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
    let names: DocumentNames
    let environment: AzureEnvironment
    let door: StoreDoor
    let definitions: CollectionBlobs

    private init(
        id: StoreID,
        _ configuration: BlobConfiguration,
        gateway: BlobGateway,
        _ environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void
    ) {
        self.id = id
        self.configuration = configuration
        self.gateway = gateway
        self.environment = environment
        door = StoreDoor(id, end: end)
        names = DocumentNames(prefix: configuration.prefix)
        definitions = CollectionBlobs(
            gateway: gateway,
            names: names,
            environment,
            limit: configuration.maximumConcurrentRequests,
            store: id
        )
    }

    /// Opens the store over a given transport, and makes sure that its container is there.
    ///
    /// - Parameter end: called once when the store was closed, such as to stop the transport.
    package static func connect(
        id: StoreID,
        _ configuration: BlobConfiguration,
        in environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void = {}
    ) async throws(StoreError) -> BlobDocumentStore {
        do throws(StoreError) {
            let gateway = try await BlobGateway.open(configuration, in: environment)
            return BlobDocumentStore(id: id, configuration, gateway: gateway, environment, end: end)
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
            let found = await each(different) { [self] (key) async throws(StoreError) in try await find(key) }
            var documents: [DocumentKey: StoredDocument] = [:]
            for (key, result) in zip(different, found) { documents[key] = try result.get() }
            return keys.map { documents[$0] }
        }
    }
}

extension BlobDocumentStore {
    /// Makes a call for each item, several together.
    func each<Item: Sendable, Value: Sendable>(
        _ items: [Item],
        _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
    ) async -> [Result<Value, StoreError>] {
        await ConcurrentCalls.each(items, limit: configuration.maximumConcurrentRequests, body)
    }

    /// The document under a key, read in one piece.
    func find(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        switch try await gateway.content(try names.name(of: key), key.collection) {
        case nil: return nil
        case (let bytes, let tag)?:
            do throws(DocumentError) {
                return StoredDocument(key: key, document: try DocumentBody.document(bytes), etag: tag)
            } catch {
                throw StoreError(
                    .corrupt,
                    "A blob is no valid document; a scan lists it with its bytes.",
                    context: .init(collection: key.collection),
                    underlying: error
                )
            }
        }
    }
}
