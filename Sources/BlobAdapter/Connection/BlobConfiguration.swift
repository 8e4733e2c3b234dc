public import CutoverAzureTransport
public import MigrationCore

/// How a container of Azure Blob Storage is reached, and which part of it a store uses.
///
/// ```swift
/// var configuration = try BlobConfiguration(connectionString: secret, container: "orders")
/// configuration.prefix = "archive/"
/// ```
public struct BlobConfiguration: Sendable {
    /// The account, and how requests to it are signed. Its descriptions show neither key nor token.
    let account: StorageAccount
    /// The name of the container: 3 to 63 lower-case letters, digits and single hyphens.
    public var container: String
    /// What the names of all blobs begin with, such as `"archive/"`. Default: nothing.
    ///
    /// It has letters, digits and `-._/`, and ends with `/` when it is not empty, so that stores may share a container.
    public var prefix = ""
    /// Whether connecting creates a container that is missing. Default false: it is an error then.
    public var createsContainer = false
    /// A file of certificates in PEM form that is trusted instead of the system's, such as an emulator's. Default: the system's.
    public var certificateAuthorityFile: String?
    /// Whether requests go through the proxy that the environment names. Default false: they go straight to the account.
    ///
    /// It is named by `https_proxy` or `HTTPS_PROXY`, for an account without TLS by `http_proxy`, else by `all_proxy` or `ALL_PROXY`;
    /// `no_proxy` and `NO_PROXY` name exceptions.
    public var usesEnvironmentProxy = false
    /// How many requests of one batch, page or read of many keys are under way together; at least 1. Default 16.
    public var maximumConcurrentRequests = 16
    /// How many bytes of content one block has: 64 KiB to 64 MiB. Default 4 MiB, which makes up to 195 GiB of content.
    public var blockBytes = 4 << 20
    /// How many pieces of content, each of 4 MiB, a reader has under way or ready before they are asked for. Default 4.
    ///
    /// They are what a reader holds in memory beside the piece that it has given; 0 reads each piece when it is asked for.
    public var readAheadPieces = 4
    /// How many bytes a reader's piece has: the most whose checksum the service computes for a range. Only tests take less.
    var pieceBytes = 4 << 20
    /// How long one request may take with all its repetitions. Default 30 seconds.
    public var deadline: Duration = .seconds(30)

    /// Takes a connection string as the portal shows it, or `UseDevelopmentStorage=true`.
    ///
    /// - Throws: `invalidConfiguration` when a part is missing or malformed.
    public init(connectionString: String, container: String) throws(StoreError) {
        account = try StorageAccount(connectionString: connectionString)
        self.container = container
    }

    /// Takes the account's blob endpoint and an identity of Microsoft Entra ID.
    ///
    /// - Throws: `invalidConfiguration` when the endpoint is malformed.
    public init(endpoint: String, credential: any TokenCredential, container: String) throws(StoreError) {
        account = try StorageAccount(.blob, endpoint: endpoint, authorization: .identity(credential))
        self.container = container
    }

    /// What requests go through.
    ///
    /// - Throws: `invalidConfiguration` when the environment names something that is no proxy.
    func proxy() throws(StoreError) -> HTTPProxy? {
        usesEnvironmentProxy ? try .ofEnvironment(for: account.endpoint(of: .blob).primary) : nil
    }

    /// Throws `invalidConfiguration` for what the service would refuse later.
    func check() throws(StoreError) {
        guard maximumConcurrentRequests >= 1 else {
            throw StoreError(.invalidConfiguration, "maximumConcurrentRequests is at least 1.")
        }
        guard (64 << 10...64 << 20).contains(blockBytes) else {
            throw StoreError(.invalidConfiguration, "blockBytes is 64 KiB to 64 MiB.")
        }
        guard readAheadPieces >= 0 else {
            throw StoreError(.invalidConfiguration, "readAheadPieces is not negative; 0 reads nothing ahead.")
        }
        guard Self.isContainerName(container) else {
            throw StoreError(
                .invalidConfiguration,
                "A container's name has 3 to 63 lower-case letters, digits and single hyphens between them."
            )
        }
        guard Self.isPrefix(prefix) else {
            throw StoreError(
                .invalidConfiguration,
                "The prefix has letters, digits and -._/, no empty or dotted segment, ends with / and has at most 128 characters."
            )
        }
    }

    private static func isContainerName(_ name: String) -> Bool {
        guard (3...63).contains(name.utf8.count), !name.contains("--") else { return false }
        guard name.utf8.first != UInt8(ascii: "-"), name.utf8.last != UInt8(ascii: "-") else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }

    private static func isPrefix(_ prefix: String) -> Bool {
        guard !prefix.isEmpty else { return true }
        guard prefix.utf8.last == UInt8(ascii: "/"), prefix.utf8.count <= 128 else { return false }
        return prefix.dropLast().split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
            !segment.isEmpty && NameSegment.escaped(segment).hasSameUTF8(as: String(segment))
        }
    }
}

extension BlobConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The account and the container, without key or token.
    public var description: String { "\(account), container \(container)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["configuration": description]) }
}
