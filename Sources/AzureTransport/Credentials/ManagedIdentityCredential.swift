internal import MigrationCore

/// Authenticates as the identity of the machine or the app: a virtual machine, AKS, App Service, Functions, Container Apps.
///
/// Which endpoint there is, is told by the environment; without a hint it is that of a virtual machine.
public struct ManagedIdentityCredential: TokenCredential {
    /// Which of several identities is meant.
    public struct Identity: Sendable, Hashable {
        enum Kind: Hashable {
            case system, clientID, objectID, resourceID
        }

        let kind: Kind
        let value: String

        /// The identity that belongs to the machine or app itself.
        public static let systemAssigned = Identity(kind: .system, value: "")
        /// The user-assigned identity with this client id.
        public static func clientID(_ id: String) -> Identity { Identity(kind: .clientID, value: id) }
        /// The user-assigned identity with this object id, which is also its principal id.
        public static func objectID(_ id: String) -> Identity { Identity(kind: .objectID, value: id) }
        /// The user-assigned identity with this resource id.
        public static func resourceID(_ id: String) -> Identity { Identity(kind: .resourceID, value: id) }
    }

    private let identity: Identity
    private let environment: CredentialEnvironment
    /// In a chain an endpoint that is not there must show quickly.
    private let isInChain: Bool

    /// Makes a credential; nothing is asked yet.
    public init(identity: Identity = .systemAssigned) {
        self.init(identity: identity, environment: .process, isInChain: false)
    }

    package init(identity: Identity = .systemAssigned, environment: CredentialEnvironment, isInChain: Bool) {
        self.identity = identity
        self.environment = environment
        self.isInChain = isInChain
    }

    public func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        let resource = IdentityName.resource(of: scope)
        if let endpoint = environment["IDENTITY_ENDPOINT"] {
            guard environment["IDENTITY_SERVER_THUMBPRINT"] == nil else { throw Self.unsupported("Service Fabric") }
            guard let header = environment["IDENTITY_HEADER"] else { throw Self.unsupported("Azure Arc") }
            return try await askApp(endpoint, Secret(header), resource, context)
        }
        if environment["MSI_ENDPOINT"] != nil { throw Self.unsupported("Azure ML and Cloud Shell") }
        if environment["AZURE_FEDERATED_TOKEN_FILE"] != nil {
            let clientID = identity.kind == .clientID ? identity.value : nil
            return try await WorkloadIdentityCredential(environment: environment, clientID: clientID)
                .requestToken(for: scope, context: context)
        }
        return try await askMachine(resource, context)
    }

    /// App Service, Functions, Container Apps.
    private func askApp(
        _ endpoint: String,
        _ header: Secret,
        _ resource: String,
        _ context: TokenContext
    ) async throws(CredentialError) -> AccessToken {
        guard var url = HTTPURL(endpoint) else {
            throw CredentialError(.invalidConfiguration, "The variable IDENTITY_ENDPOINT is no http or https URL.")
        }
        url.query += [
            HTTPURL.QueryItem(name: "api-version", value: "2019-08-01"),
            HTTPURL.QueryItem(name: "resource", value: HTTPURL.percentEncoded(resource)),
        ]
        add(to: &url, objectID: "principal_id", resourceID: "mi_res_id")
        let request = HTTPRequest(method: .get, url: url, headers: ["X-IDENTITY-HEADER": header.revealed])
        return try await client(context).token(request, advice: Self.advice)
    }

    /// A virtual machine, or AKS.
    private func askMachine(_ resource: String, _ context: TokenContext) async throws(CredentialError) -> AccessToken {
        let host = environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"] ?? "http://169.254.169.254"
        guard var url = HTTPURL(host) else {
            throw CredentialError(
                .invalidConfiguration,
                "The variable AZURE_POD_IDENTITY_AUTHORITY_HOST is no http URL."
            )
        }
        url.percentEncodedPath = "/metadata/identity/oauth2/token"
        url.query = [
            HTTPURL.QueryItem(name: "api-version", value: "2018-02-01"),
            HTTPURL.QueryItem(name: "resource", value: HTTPURL.percentEncoded(resource)),
        ]
        if isInChain { try await probe(url, context) }
        add(to: &url, objectID: "object_id", resourceID: "msi_res_id")
        let request = HTTPRequest(method: .get, url: url, headers: ["Metadata": "true"])
        var client = client(context)
        // A machine without an identity refuses so; a chain goes on, as if there were no endpoint.
        if isInChain { client.statusOfAbsence = 400 }
        return try await client.token(request, advice: Self.advice)
    }

    /// Looks whether the endpoint is there: without its header it refuses at once, and anything else does not answer in a second.
    private func probe(_ url: HTTPURL, _ context: TokenContext) async throws(CredentialError) {
        var request = HTTPRequest(method: .get, url: url)
        request.timeouts = HTTPTimeouts(connect: .seconds(1), firstByte: .seconds(1), total: .seconds(1))
        do throws(TransportError) {
            _ = try await context.directTransport.send(request)
        } catch {
            if error.code == .cancelled { throw .cancelledCall }
            throw CredentialError(
                .unavailable,
                "There is no managed identity: the metadata endpoint of a virtual machine does not answer.",
                underlying: error
            )
        }
    }

    private func add(to url: inout HTTPURL, objectID: String, resourceID: String) {
        let name: String
        switch identity.kind {
        case .system: return
        case .clientID: name = "client_id"
        case .objectID: name = objectID
        case .resourceID: name = resourceID
        }
        url.query.append(HTTPURL.QueryItem(name: name, value: HTTPURL.percentEncoded(identity.value)))
    }

    private func client(_ context: TokenContext) -> IdentityClient {
        // The endpoint may be away for 70 seconds while it is updated.
        IdentityClient(
            context: context,
            service: .metadata,
            source: "The managed identity endpoint",
            policy: RetryPolicy(
                maximumAttempts: 12,
                initialBackoff: .milliseconds(800),
                maximumBackoff: .seconds(15),
                deadline: .seconds(100)
            )
        )
    }

    private static let advice = "Check that an identity is assigned to this machine or app, and the id of the identity."

    private static func unsupported(_ place: String) -> CredentialError {
        CredentialError(.unavailable, "The managed identity of \(place) is not supported; use another credential.")
    }
}

extension ManagedIdentityCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        identity.kind == .system ? "the managed identity of the system" : "the managed identity \(identity.value)"
    }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["identity": description]) }
}
