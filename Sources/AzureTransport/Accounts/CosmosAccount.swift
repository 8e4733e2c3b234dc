package import MigrationCore

/// Where an account of Cosmos DB is, and how it is used.
package struct CosmosAccount: Sendable {
    /// The account's own address; regions have others.
    package let endpoint: HTTPURL
    package let authorization: AccountAuthorization

    /// The key of every emulator, which is public.
    package static let emulatorKey =
        "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="

    package init(endpoint: String, authorization: AccountAuthorization) throws(StoreError) {
        let url = try HTTPURL.endpoint(endpoint, "The account endpoint")
        guard url.percentEncodedPath == "/" else {
            throw StoreError(
                .invalidConfiguration,
                "The account endpoint has a path; use the URI that the portal shows."
            )
        }
        if case .signature = authorization {
            throw StoreError(
                .invalidConfiguration,
                "Cosmos DB takes no shared access signature; use a key or an identity."
            )
        }
        self.endpoint = url
        self.authorization = authorization
    }

    /// Reads `AccountEndpoint=...;AccountKey=...;`.
    package init(connectionString text: String) throws(StoreError) {
        let parts = try ConnectionString(text)
        let endpoint = try parts.required("AccountEndpoint")
        let key = try AccountKey(base64: parts.required("AccountKey"))
        try self.init(endpoint: endpoint, authorization: .key(key))
    }

    /// What tokens for this account are asked for.
    package var scope: String { "\(endpoint.scheme.rawValue)://\(endpoint.host)/.default" }

    /// Makes the signer of its requests; one for all regions, which share key and token.
    package func signer(context: TokenContext) -> any RequestSigner {
        switch authorization {
        case .key(let key): CosmosMasterKeySigner(key: key)
        case .identity(let credential):
            BearerSigner(
                cache: TokenCache(credential: CosmosScope(credential: credential), scope: scope, context: context),
                form: .cosmos
            )
        case .signature, .anonymous: NoSigner()
        }
    }
}

extension CosmosAccount: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(endpoint) by \(authorization)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["account": description]) }
}

/// Asks for the scope that all accounts share where an account's own is not known to the tenant, as the official client does.
private struct CosmosScope: TokenCredential {
    let credential: any TokenCredential

    func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        do throws(CredentialError) {
            return try await credential.requestToken(for: scope, context: context)
        } catch {
            guard error.code == .rejected, error.message.contains("AADSTS500011") else { throw error }
            return try await credential.requestToken(for: "https://cosmos.azure.com/.default", context: context)
        }
    }
}
