package import CutoverAzureTransport
public import MigrationCore

/// An event store in a container of Azure Cosmos DB: each tenant's log is one logical partition.
///
/// Events, head and fence are written in one transactional batch under the head's version, so they change together or not at
/// all, and any number of processes may append; appends to one tenant that wait together are committed together. A logical
/// partition holds 20 GB.
public final class CosmosEventStore: FencedEventStore {
    public let id: StoreID
    public let capabilities = EventStoreCapabilities(
        maximumEventBytes: 1_300 << 10,
        maximumAppendEvents: 99,
        maximumAppendBytes: 1_300 << 10,
        durability: .replicated
    )

    let logs: LogGateway
    let queue: AppendQueue
    let environment: AzureEnvironment
    let options: CosmosLogOptions
    let changes = WaitList<TenantID>()
    let door: StoreDoor

    private init(
        id: StoreID,
        _ configuration: CosmosConfiguration,
        _ options: CosmosLogOptions,
        logs: LogGateway,
        _ environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void
    ) {
        self.id = id
        self.options = options
        self.logs = logs
        self.environment = environment
        door = StoreDoor(id, end: end)
        let changes = changes
        let committer = LogCommitter(
            logs: logs,
            store: id,
            environment: environment,
            deadline: configuration.deadline,
            committed: { changes.signal($0) }
        )
        queue = AppendQueue(
            maximumEvents: capabilities.maximumAppendEvents,
            maximumBytes: capabilities.maximumAppendBytes
        ) { await committer.commit($0, $1) }
    }

    /// Opens the store over a given transport, and makes sure that the account can keep its promises.
    ///
    /// - Parameter end: called once when the store was closed, such as to stop the transport.
    package static func connect(
        id: StoreID,
        _ configuration: CosmosConfiguration,
        options: CosmosLogOptions = CosmosLogOptions(),
        in environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void = {}
    ) async throws(StoreError) -> CosmosEventStore {
        do throws(StoreError) {
            try options.check()
            let gateway = try await CosmosGateway.open(configuration, in: environment, decides: true)
            let container = try await gateway.logContainer(options, configuration)
            return CosmosEventStore(
                id: id,
                configuration,
                options,
                logs: LogGateway(gateway: gateway, container: container),
                environment,
                end: end
            )
        } catch {
            throw error.from(id)
        }
    }

    public func close() async { await door.close() }
}

/// How a ``CosmosEventStore`` keeps its logs.
public struct CosmosLogOptions: Sendable {
    /// The container of the logs, which the store creates if it is missing. Default `cutover-events`.
    public var container = "cutover-events"
    /// How often a waiting subscriber asks for what other processes have appended. Default 500 milliseconds.
    public var pollingInterval = Duration.milliseconds(500)

    /// Makes options with the defaults.
    public init() {}

    func check() throws(StoreError) {
        guard ContainerNames.isName(container) else {
            throw StoreError(
                .invalidConfiguration,
                "A container has a name of 1 to 255 characters without / \\ ? # and without a space at the end."
            )
        }
        guard pollingInterval > .zero else {
            throw StoreError(.invalidConfiguration, "pollingInterval is positive.")
        }
    }
}

extension CosmosGateway {
    /// The container of the logs, made if it is missing. One whose items expire, or with another partition key, is refused.
    fileprivate func logContainer(
        _ options: CosmosLogOptions,
        _ configuration: CosmosConfiguration
    ) async throws(StoreError) -> CosmosContainer {
        let context = StoreError.Context()
        let description: Document = [
            "id": .string(options.container),
            "partitionKey": [
                "paths": [.string(CosmosContainer.text(of: EventItems.tenantPath))], "kind": "Hash", "version": 2,
            ],
            "indexingPolicy": [
                "indexingMode": "consistent", "automatic": true, "includedPaths": [["path": "/*"]],
                "excludedPaths": [["path": "/bson/?"], ["path": "/digest/?"], ["path": "/\"_etag\"/?"]],
            ],
        ]
        var found = try await container(options.container, context)
        if found == nil { found = try await createContainer(description, configuration.throughput, context) }
        if found == nil { found = try await container(options.container, context) }
        guard let found else { throw Self.strange(context) }
        guard EventItems.isLog(found) else {
            throw StoreError(
                .collectionMismatch,
                "The container has another partition key than a log; name another one, or let the store create it."
            )
        }
        guard found.defaultSeconds == nil else {
            throw StoreError(
                .invalidConfiguration,
                "The items of the container may expire, and those of a log must not; switch its time to live off."
            )
        }
        return found
    }
}
