package import CutoverAzureTransport
public import MigrationCore

/// A document store in a database of Azure Cosmos DB (SQL API): one container for each collection, one item for each document.
///
/// Fields are members of the item, so that other programs read and write them; types that JSON lacks are Extended JSON. See
/// the adapter's documentation for the form. A query is answered by its partition where it names one; its filter is sent
/// where the service's answer is the defined one, and what it cannot honour, and the order, are evaluated here.
public final class CosmosDocumentStore: DocumentStore {
    public let id: StoreID
    public let capabilities: DocumentStoreCapabilities

    let configuration: CosmosConfiguration
    let gateway: CosmosGateway
    let names: ContainerNames
    let environment: AzureEnvironment
    let door: StoreDoor
    let ranges = ContainerRangeCache()
    private let known = Locked<[CollectionName: CosmosContainer]>([:])

    private init(
        id: StoreID,
        _ configuration: CosmosConfiguration,
        gateway: CosmosGateway,
        _ environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void
    ) {
        self.id = id
        self.configuration = configuration
        self.gateway = gateway
        self.environment = environment
        door = StoreDoor(id, end: end)
        names = ContainerNames(given: configuration.containers)
        capabilities = DocumentStoreCapabilities(
            maximumDocumentBytes: 1_500 << 10,
            maximumIDBytes: ItemID.maximumBytes,
            acceptsTypedIDs: true,
            maximumTransactionWrites: 100,
            createsCollectionsOnWrite: false,
            supportsExpiry: configuration.keepsLifetimes,
            supportsUniqueIndexes: false,
            supportsSort: true,
            changeHistory: .latestVersions,
            durability: .replicated
        )
    }

    /// Opens the store over a given transport, and makes sure that the account can keep its promises.
    ///
    /// - Parameter end: called once when the store was closed, such as to stop the transport.
    package static func connect(
        id: StoreID,
        _ configuration: CosmosConfiguration,
        in environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void = {}
    ) async throws(StoreError) -> CosmosDocumentStore {
        do throws(StoreError) {
            let gateway = try await CosmosGateway.open(configuration, in: environment, decides: false)
            return CosmosDocumentStore(id: id, configuration, gateway: gateway, environment, end: end)
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

extension CosmosDocumentStore {
    /// Makes a call for each item, several together.
    func each<Item: Sendable, Value: Sendable>(
        _ items: [Item],
        _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
    ) async -> [Result<Value, StoreError>] {
        await ConcurrentCalls.each(items, limit: configuration.maximumConcurrentRequests, body)
    }

    /// The container of a collection; nil when there is none. It is asked for once.
    func container(of collection: CollectionName) async throws(StoreError) -> CosmosContainer? {
        if let container = known.withLock({ $0[collection] }) { return container }
        let name = try names.container(of: collection)
        guard let container = try await gateway.container(name, .init(collection: collection)) else { return nil }
        remember(container, of: collection)
        return container
    }

    func remember(_ container: CosmosContainer?, of collection: CollectionName) {
        known.withLock { $0[collection] = container }
    }

    /// The container of a collection that is written to.
    func existingContainer(of collection: CollectionName) async throws(StoreError) -> CosmosContainer {
        guard let container = try await container(of: collection) else { throw Self.missing(collection) }
        return container
    }

    /// What lies under a key.
    struct Found: Sendable {
        /// The document; nil when it has expired, and only its item is there.
        let document: StoredDocument?
        let etag: String
        let stamp: String?
        let expiresAt: WallTime?
    }

    /// The document under a key, and the mark of its last write.
    func find(_ key: DocumentKey) async throws(StoreError) -> Found? {
        let itemID = try ItemID.text(of: key.id, in: key.collection)
        guard let container = try await container(of: key.collection) else { return nil }
        let partition = try ItemKey(key.partition, in: container.shape, key.collection)
        let item = try await gateway.item(itemID, partition.header, in: container, key.collection)
        guard let item else { return nil }
        let isExpired = item.isExpired(at: environment.wallClock())
        let document = StoredDocument(
            key: key,
            document: item.body,
            etag: ETag(item.etag),
            expiresAt: item.expiresAt
        )
        return Found(
            document: isExpired ? nil : document,
            etag: item.etag,
            stamp: item.stamp,
            expiresAt: item.expiresAt
        )
    }

    static func missing(_ collection: CollectionName) -> StoreError {
        StoreError(
            .collectionNotFound,
            "The collection does not exist; ensure it first.",
            context: .init(collection: collection)
        )
    }
}

extension CosmosGateway {
    /// Opens the way to a database whose account keeps the promises that a store gives.
    ///
    /// - Parameter decides: whether what is read must be the newest, whichever process wrote it.
    static func open(
        _ configuration: CosmosConfiguration,
        in environment: AzureEnvironment,
        decides: Bool
    ) async throws(StoreError) -> CosmosGateway {
        try configuration.check()
        let gateway = CosmosGateway(configuration, in: environment)
        let account: Account
        do throws(AzureError) {
            account = try await gateway.readAccount()
        } catch {
            throw error.storeError()
        }
        guard !account.hasSeveralWriteRegions else {
            throw StoreError(
                .invalidConfiguration,
                "The account has several write regions, whose writes overwrite each other; make it one for the move."
            )
        }
        switch account.consistency {
        // Everything goes to the write region, where bounded staleness reads by a majority.
        case "Strong", "BoundedStaleness": break
        case "Session":
            guard !decides || configuration.isOnlyProcess else {
                throw StoreError(
                    .invalidConfiguration,
                    "The account has Session consistency, under which several processes cannot keep fences; "
                        + "make it Strong, or set isOnlyProcess where this process alone uses the data."
                )
            }
        default:
            throw StoreError(
                .invalidConfiguration,
                "The account's consistency is \(account.consistency ?? "unknown"), which may show old data; make it Strong or Session."
            )
        }
        try await gateway.ensureDatabase(creating: configuration.createsDatabase)
        return gateway
    }

    /// Reads an item; nil when there is none. One that does not parse is `corrupt`.
    func item(
        _ id: String,
        _ partition: String,
        in container: CosmosContainer,
        _ collection: CollectionName?
    ) async throws(StoreError) -> StoredItem? {
        let context = StoreError.Context(collection: collection)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(
                Call(
                    operation: "read_item",
                    method: .get,
                    path: path(container.name, "docs", id),
                    headers: ["x-ms-documentdb-partitionkey": partition],
                    answers: [404],
                    container: container
                )
            )
        } catch {
            throw error.storeError(context)
        }
        guard answer.response.status != 404 else { return nil }
        do throws(DocumentError) {
            return try StoredItem(answer.response.body)
        } catch {
            throw StoreError(
                .corrupt,
                "An item is no valid document; a scan lists it with its bytes.",
                context: context,
                underlying: error
            )
        }
    }
}
