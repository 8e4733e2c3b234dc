public import CutoverAzureTransport
public import MigrationCore

/// How the tables of an Azure storage account are reached, and which of them a store uses.
///
/// ```swift
/// var configuration = try TableConfiguration(connectionString: secret)
/// configuration.tables = ["customers": "Customers"]
/// ```
public struct TableConfiguration: Sendable {
    /// The account, and how requests to it are signed. Its descriptions show neither key nor token.
    let account: StorageAccount
    /// Tables that are there already, by the collection that each of them holds. Default: none.
    ///
    /// Every other collection has the table that its name makes: itself, where it has 3 or more small letters and
    /// digits.
    public var tables: [CollectionName: String] = [:]
    /// What the names of all other tables begin with: small letters and digits, so that stores may share an account.
    /// Default: nothing.
    public var tablePrefix = ""
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

    /// Takes a connection string as the portal shows it, or `UseDevelopmentStorage=true`.
    ///
    /// - Throws: `invalidConfiguration` when a part is missing or malformed.
    public init(connectionString: String) throws(StoreError) {
        account = try StorageAccount(connectionString: connectionString)
    }

    /// Takes the account's table endpoint and an identity of Microsoft Entra ID.
    ///
    /// - Throws: `invalidConfiguration` when the endpoint is malformed.
    public init(endpoint: String, credential: any TokenCredential) throws(StoreError) {
        account = try StorageAccount(.table, endpoint: endpoint, authorization: .identity(credential))
    }

    /// What requests go through.
    ///
    /// - Throws: `invalidConfiguration` when the environment names something that is no proxy.
    func proxy() throws(StoreError) -> HTTPProxy? {
        usesEnvironmentProxy ? try .ofEnvironment(for: account.endpoint(of: .table).primary) : nil
    }

    /// Throws `invalidConfiguration` for what the service would refuse later.
    func check() throws(StoreError) {
        guard maximumConcurrentRequests >= 1 else {
            throw StoreError(.invalidConfiguration, "maximumConcurrentRequests is at least 1.")
        }
        let isPrefix = tablePrefix.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
        guard isPrefix, tablePrefix.utf8.count != 1, tablePrefix.utf8.count <= 30, tablePrefix != "tables" else {
            throw StoreError(
                .invalidConfiguration,
                "The prefix of tables has 2 to 30 small letters and digits, the first of them a letter."
            )
        }
        guard tables.values.allSatisfy(TableNames.isTableName) else {
            throw StoreError(
                .invalidConfiguration,
                "A table's name has 3 to 63 letters and digits, the first of them a letter."
            )
        }
        guard Set(tables.values.map { $0.lowercased() }).count == tables.count else {
            throw StoreError(
                .invalidConfiguration,
                "Two collections are given one table; the service does not tell capitals from small letters."
            )
        }
    }
}

extension TableConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The account, without key or token.
    public var description: String { "\(account)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["configuration": description]) }
}
