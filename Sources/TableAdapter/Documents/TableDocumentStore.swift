package import CutoverAzureTransport
public import MigrationCore

/// A document store in the tables of an Azure storage account: one table for each collection, one entity for each
/// document.
///
/// Fields are properties of the entity where the service has a type that gives their values back exactly, so that
/// other programs read and write them; tables that other programs filled are read as they are. See the adapter's
/// documentation for the form. A query is answered by its partition where it names one; all other conditions, and the
/// order, are evaluated here.
public final class TableDocumentStore: DocumentStore {
    public let id: StoreID
    public let capabilities = DocumentStoreCapabilities(
        maximumDocumentBytes: 768 << 10,
        maximumIDBytes: KeyText.maximumUnits,
        acceptsTypedIDs: true,
        maximumTransactionWrites: ChangeSet.maximumChanges,
        createsCollectionsOnWrite: false,
        supportsExpiry: false,
        supportsUniqueIndexes: false,
        supportsSort: true,
        changeHistory: .none,
        durability: .replicated
    )

    let configuration: TableConfiguration
    let gateway: TableGateway
    let names: TableNames
    let environment: AzureEnvironment
    let door: StoreDoor

    private init(
        id: StoreID,
        _ configuration: TableConfiguration,
        gateway: TableGateway,
        _ environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void
    ) {
        self.id = id
        self.configuration = configuration
        self.gateway = gateway
        self.environment = environment
        door = StoreDoor(id, end: end)
        names = TableNames(prefix: configuration.tablePrefix, given: configuration.tables)
    }

    /// Opens the store over a given transport, and makes sure that the account answers.
    ///
    /// - Parameter end: called once when the store was closed, such as to stop the transport.
    package static func connect(
        id: StoreID,
        _ configuration: TableConfiguration,
        in environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void = {}
    ) async throws(StoreError) -> TableDocumentStore {
        do throws(StoreError) {
            try configuration.check()
            let pipeline = configuration.account.pipeline(
                for: .table,
                deadline: configuration.deadline,
                in: environment
            )
            let gateway = try TableGateway(configuration, pipeline: pipeline)
            let store = TableDocumentStore(id: id, configuration, gateway: gateway, environment, end: end)
            _ = try await store.tables(after: nil, size: 1)
            return store
        } catch {
            throw error.from(id)
        }
    }

    public func close() async { await door.close() }

    public func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try await door.enter { () async throws(StoreError) -> StoredDocument? in
            try DocumentRules.check(key, capabilities: capabilities)
            return try await find(key)?.document
        }
    }

    public func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        try await door.enter { () async throws(StoreError) -> [StoredDocument?] in
            for key in keys { try DocumentRules.check(key, capabilities: capabilities) }
            let different = Array(Set(keys))
            let found = await each(different) { [self] (key) async throws(StoreError) in try await find(key)?.document }
            var documents: [DocumentKey: StoredDocument] = [:]
            for (key, result) in zip(different, found) { documents[key] = try result.get() }
            return keys.map { documents[$0] }
        }
    }
}

extension TableDocumentStore {
    /// Makes a call for each item, several together.
    func each<Item: Sendable, Value: Sendable>(
        _ items: [Item],
        _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
    ) async -> [Result<Value, StoreError>] {
        await ConcurrentCalls.each(items, limit: configuration.maximumConcurrentRequests, body)
    }

    /// The document under a key, and the mark of its last write.
    func find(_ key: DocumentKey) async throws(StoreError) -> (document: StoredDocument, stamp: String?)? {
        let place = try EntityKey(key)
        let table = try names.table(of: key.collection)
        guard let found = try await gateway.entity(table, place, key.collection) else { return nil }
        do throws(DocumentError) {
            let entity = try found.get()
            let document = try EntityForm.document(entity.properties)
            return (StoredDocument(key: key, document: document, etag: ETag(entity.etag)), entity.stamp)
        } catch {
            throw StoreError(
                .corrupt,
                "An entity is no valid document; a scan lists it with its bytes.",
                context: .init(collection: key.collection),
                underlying: error
            )
        }
    }

    static func missing(_ collection: CollectionName) -> StoreError {
        StoreError(
            .collectionNotFound,
            "The collection does not exist; ensure it first.",
            context: .init(collection: collection)
        )
    }
}
