public import CutoverAzureTransport
public import MigrationCore

/// How a database of Azure Cosmos DB (SQL API) is reached, and how a store uses it.
///
/// ```swift
/// var configuration = try CosmosConfiguration(connectionString: secret, database: "shop")
/// configuration.throughput = .autoscale(maximum: 4_000)
/// ```
public struct CosmosConfiguration: Sendable {
    /// The account, and how requests to it are signed. Its descriptions show neither key nor token.
    let account: CosmosAccount
    /// The database.
    let database: String
    /// Whether a database that is missing is created; an identity of Entra ID cannot do that. Default false.
    public var createsDatabase = false
    /// Containers that are there already, by the collection that each of them holds. Default: none.
    ///
    /// Every other collection has the container of its own name.
    public var containers: [CollectionName: String] = [:]
    /// What containers that the store creates may use. Default: what the service or the database gives, as for a serverless account.
    public var throughput = CosmosThroughput.serviceDefault
    /// The indexing policy of containers that the store creates, as the service's documentation writes it in JSON.
    /// Default: the service's, which indexes everything.
    public var indexingPolicy: Document?
    /// Unique keys of containers that the store creates, by collection: each a list of paths whose values are unique within a
    /// partition. Cosmos DB knows no unique values across partitions. Default: none.
    public var uniqueKeys: [CollectionName: [[FieldPath]]] = [:]
    /// Whether documents have lifetimes. Then a write under a condition reads first, because the service deletes late. Default false.
    public var keepsLifetimes = false
    /// Whether no document has another value at the paths of its partition key than its key, as is so where other programs wrote it.
    /// Default false: a key is what a call says, whatever the document holds.
    ///
    /// Then a write of one that has is refused with `invalidDocument`, and a filter that fixes the first levels of a hierarchical key
    /// goes only to the ranges that can hold them.
    public var documentsAgreeWithKeys = false
    /// Whether this process alone uses the data, now and for as long as the store is open. Default false.
    ///
    /// An account with Session consistency shows a process its own writes at once, and those of others late. So an event store
    /// over such an account is refused unless this is true.
    public var isOnlyProcess = false
    /// The budget of request units per second for what this store does, so that it leaves room for others. Default: none.
    public var requestUnitsPerSecond: Double?
    /// A file of certificates in PEM form that is trusted instead of the system's, such as an emulator's. Default: the system's.
    public var certificateAuthorityFile: String?
    /// Whether requests go through the proxy that the environment names. Default false: they go straight to the account.
    ///
    /// It is named by `https_proxy` or `HTTPS_PROXY`, for an account without TLS by `http_proxy`, else by `all_proxy` or `ALL_PROXY`;
    /// `no_proxy` and `NO_PROXY` name exceptions.
    public var usesEnvironmentProxy = false
    /// How many requests of one batch or one read of many keys are under way together; at least 1. Default 16.
    public var maximumConcurrentRequests = 16
    /// How long one request may take with all its repetitions. Default 30 seconds.
    public var deadline: Duration = .seconds(30)

    /// Takes a connection string as the portal shows it.
    ///
    /// - Parameters:
    ///   - connectionString: `AccountEndpoint=...;AccountKey=...;`.
    ///   - database: the name of the database.
    /// - Throws: `invalidConfiguration` when a part is missing or malformed.
    public init(connectionString: String, database: String) throws(StoreError) {
        account = try CosmosAccount(connectionString: connectionString)
        self.database = database
    }

    /// Takes the account's endpoint and its key.
    ///
    /// - Parameters:
    ///   - endpoint: the URI of the account, as the portal shows it.
    ///   - key: a primary or secondary key, in Base64.
    ///   - database: the name of the database.
    /// - Throws: `invalidConfiguration` when the endpoint or the key is malformed.
    public init(endpoint: String, key: String, database: String) throws(StoreError) {
        account = try CosmosAccount(endpoint: endpoint, authorization: .key(try AccountKey(base64: key)))
        self.database = database
    }

    /// Takes the account's endpoint and an identity of Microsoft Entra ID, which reads and writes items, and creates nothing.
    ///
    /// - Parameters:
    ///   - endpoint: the URI of the account, as the portal shows it.
    ///   - credential: the identity.
    ///   - database: the name of the database.
    /// - Throws: `invalidConfiguration` when the endpoint is malformed.
    public init(endpoint: String, credential: any TokenCredential, database: String) throws(StoreError) {
        account = try CosmosAccount(endpoint: endpoint, authorization: .identity(credential))
        self.database = database
    }

    /// The way to the account, and what ends it.
    ///
    /// - Throws: `invalidConfiguration` when the environment names something that is no proxy.
    func network() throws(StoreError) -> (environment: AzureEnvironment, end: @Sendable () async -> Void) {
        AzureEnvironment.overNetwork(
            certificateAuthorityFile: certificateAuthorityFile,
            proxy: usesEnvironmentProxy ? try .ofEnvironment(for: account.endpoint) : nil,
            maximumRequests: maximumConcurrentRequests
        )
    }

    /// Throws `invalidConfiguration` for what the service would refuse later.
    func check() throws(StoreError) {
        guard maximumConcurrentRequests >= 1 else {
            throw StoreError(.invalidConfiguration, "maximumConcurrentRequests is at least 1.")
        }
        guard requestUnitsPerSecond.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw StoreError(.invalidConfiguration, "requestUnitsPerSecond is positive; leave it out for no budget.")
        }
        for name in [database] + containers.values where !ContainerNames.isName(name) {
            throw StoreError(
                .invalidConfiguration,
                "A database or container has a name of 1 to 255 characters without / \\ ? # and without a space at the end."
            )
        }
        guard Set(containers.values.map { Array($0.utf8) }).count == containers.count else {
            throw StoreError(.invalidConfiguration, "Two collections are given one container; give each its own.")
        }
        try throughput.check()
    }
}

extension CosmosConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The account, without key or token.
    public var description: String { "\(account)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["configuration": description]) }
}
