/// Authenticates an application by its client secret.
public struct ClientSecretCredential: TokenCredential {
    private let tenantID: String
    private let clientID: String
    private let clientSecret: Secret
    private let authorityHost: String

    /// Makes a credential; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - tenantID: the tenant's id or domain.
    ///   - clientID: the application's id.
    ///   - clientSecret: one of its secrets.
    ///   - authorityHost: another cloud's login host, such as `login.microsoftonline.us`.
    public init(tenantID: String, clientID: String, clientSecret: String, authorityHost: String? = nil) {
        self.tenantID = tenantID
        self.clientID = clientID
        self.clientSecret = Secret(clientSecret)
        self.authorityHost = authorityHost ?? EntraEndpoint.publicAuthority
    }

    public func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        let endpoint = try EntraEndpoint(authority: authorityHost, tenant: tenantID)
        let request = endpoint.request([
            ("client_id", clientID), ("client_secret", clientSecret.revealed), ("grant_type", "client_credentials"),
            ("scope", scope),
        ])
        return try await IdentityClient(context: context, service: .entra, source: "Microsoft Entra ID")
            .token(request, advice: "Check tenant, client id and whether the client secret has expired.")
    }
}

extension ClientSecretCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "a client secret of \(clientID)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["clientID": clientID, "tenantID": tenantID]) }
}
