/// The credential that fits where the program runs, found in the order that the Azure SDKs use.
///
/// 1. The environment: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`.
/// 2. Workload identity: `AZURE_FEDERATED_TOKEN_FILE`.
/// 3. Managed identity.
/// 4. The Azure CLI.
///
/// See ``ChainedCredential`` for what happens when one of them is not there, or is refused.
public struct DefaultAzureCredential: TokenCredential {
    private let chain: ChainedCredential

    /// Makes the chain from the environment of the process; nothing is asked yet.
    ///
    /// - Parameter managedIdentityClientID: the user-assigned identity to use; by default `AZURE_CLIENT_ID`, else that of the system.
    public init(managedIdentityClientID: String? = nil) {
        self.init(environment: .process, managedIdentityClientID: managedIdentityClientID)
    }

    package init(
        environment: CredentialEnvironment,
        managedIdentityClientID: String? = nil,
        searchPath: String? = nil
    ) {
        let clientID = managedIdentityClientID ?? environment["AZURE_CLIENT_ID"]
        chain = ChainedCredential(links: [
            ChainedCredential.Link(name: "EnvironmentCredential", credential: EnvironmentCredential(environment)),
            ChainedCredential.Link(
                name: "WorkloadIdentityCredential",
                credential: WorkloadIdentityCredential(environment: environment)
            ),
            ChainedCredential.Link(
                name: "ManagedIdentityCredential",
                credential: ManagedIdentityCredential(
                    identity: clientID.map { .clientID($0) } ?? .systemAssigned,
                    environment: environment,
                    isInChain: true
                )
            ),
            ChainedCredential.Link(
                name: "AzureCLICredential",
                credential: AzureCLICredential(tenantID: nil, searchPath: searchPath)
            ),
        ])
    }

    public func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        try await chain.requestToken(for: scope, context: context)
    }
}

/// A client secret that the environment names.
struct EnvironmentCredential: TokenCredential {
    private let credential: ClientSecretCredential?

    init(_ environment: CredentialEnvironment) {
        guard let tenantID = environment["AZURE_TENANT_ID"], let clientID = environment["AZURE_CLIENT_ID"],
            let secret = environment["AZURE_CLIENT_SECRET"]
        else {
            credential = nil
            return
        }
        credential = ClientSecretCredential(
            tenantID: tenantID,
            clientID: clientID,
            clientSecret: secret,
            authorityHost: environment["AZURE_AUTHORITY_HOST"]
        )
    }

    func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        guard let credential else {
            throw CredentialError(
                .unavailable,
                "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET are not all set."
            )
        }
        return try await credential.requestToken(for: scope, context: context)
    }
}
