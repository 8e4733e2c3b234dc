#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Authenticates a workload in Kubernetes by the token that its cluster writes into a file.
///
/// The file is read for each token anew, because the cluster replaces it while the process runs.
public struct WorkloadIdentityCredential: TokenCredential {
    private let tenantID: String?
    private let clientID: String?
    private let tokenFilePath: String?
    private let authorityHost: String

    /// Makes a credential from the environment, unless a setting is given; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - tenantID: the tenant; by default `AZURE_TENANT_ID`.
    ///   - clientID: the identity's client id; by default `AZURE_CLIENT_ID`.
    ///   - tokenFilePath: where the cluster writes its token; by default `AZURE_FEDERATED_TOKEN_FILE`.
    ///   - authorityHost: the login host; by default `AZURE_AUTHORITY_HOST`, else that of the public cloud.
    public init(
        tenantID: String? = nil,
        clientID: String? = nil,
        tokenFilePath: String? = nil,
        authorityHost: String? = nil
    ) {
        self.init(
            environment: .process,
            tenantID: tenantID,
            clientID: clientID,
            tokenFilePath: tokenFilePath,
            authorityHost: authorityHost
        )
    }

    package init(
        environment: CredentialEnvironment,
        tenantID: String? = nil,
        clientID: String? = nil,
        tokenFilePath: String? = nil,
        authorityHost: String? = nil
    ) {
        self.tenantID = tenantID ?? environment["AZURE_TENANT_ID"]
        self.clientID = clientID ?? environment["AZURE_CLIENT_ID"]
        self.tokenFilePath = tokenFilePath ?? environment["AZURE_FEDERATED_TOKEN_FILE"]
        self.authorityHost = authorityHost ?? environment["AZURE_AUTHORITY_HOST"] ?? EntraEndpoint.publicAuthority
    }

    public func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        guard let tenantID, let clientID, let tokenFilePath else {
            throw CredentialError(
                .unavailable,
                "There is no workload identity: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE are not all set."
            )
        }
        let assertion = try Self.assertion(at: tokenFilePath)
        let endpoint = try EntraEndpoint(authority: authorityHost, tenant: tenantID)
        let request = endpoint.request([
            ("client_id", clientID), ("client_assertion", assertion.revealed),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("grant_type", "client_credentials"), ("scope", scope),
        ])
        return try await IdentityClient(context: context, service: .entra, source: "Microsoft Entra ID")
            .token(request, advice: "Check the federated credential of the identity: issuer, subject and audience.")
    }

    /// What the file holds now. It is small and lies in memory, so reading it does not wait for a disk.
    private static func assertion(at path: String) throws(CredentialError) -> Secret {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 64 << 10 else {
            throw CredentialError(
                .rejected,
                "The token file of the workload identity cannot be read; check that its volume is mounted and readable."
            )
        }
        let text = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard text.count == 1 else {
            throw CredentialError(.rejected, "The token file of the workload identity holds no token.")
        }
        return Secret(String(text[0]))
    }
}

extension WorkloadIdentityCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "the workload identity \(clientID ?? "of nobody")" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["clientID": clientID ?? ""]) }
}
