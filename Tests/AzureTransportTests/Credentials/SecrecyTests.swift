import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("No secret shows itself")
struct SecrecyTests {
    /// What must never be seen, in the forms in which it could be.
    static let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"

    /// Every value that holds a secret.
    static func holders() async throws -> [any Sendable] {
        let context = TokenContext.test(FakeTransport(.status(500)), LeapingClock())
        let key = try AccountKey(base64: secret)
        let sas = try SharedAccessSignature(token: "sv=2021-12-02&ss=b&sp=rl&sig=\(secret)")
        let token = AccessToken(text: secret, expiry: context.wallClock().advanced(by: .seconds(100)))
        let credential = FakeCredential { _, _, _ throws(CredentialError) in token }
        let cache = TokenCache(credential: credential, scope: "s", context: context)
        _ = try await cache.token()
        let cosmos = try CosmosAccount(connectionString: "AccountEndpoint=https://h/;AccountKey=\(secret)")
        let storage = try StorageAccount(connectionString: "AccountName=a;AccountKey=\(secret)")
        let bySAS = try StorageAccount(connectionString: "AccountName=a;SharedAccessSignature=sv=1&sig=\(secret)")
        let environment = CredentialEnvironment([
            "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": secret, "IDENTITY_HEADER": secret,
        ])
        var requests: [HTTPRequest] = []
        let signers: [any RequestSigner] = [
            CosmosMasterKeySigner(key: key), StorageSharedKeySigner(account: "a", key: key, scheme: .blob),
            SharedAccessSigner(sas),
            BearerSigner(cache: cache, form: .bearer), BearerSigner(cache: cache, form: .cosmos),
        ]
        for signer in signers {
            var request = HTTPRequest(method: .get, url: HTTPURL(scheme: .https, host: "h"))
            try await signer.sign(&request, at: context.wallClock())
            requests.append(request)
        }
        var error = AzureError(.refused, service: .cosmos)
        error.answer = HTTPResponse(status: 401, headers: ["WWW-Authenticate": secret], body: Array(secret.utf8))
        error.facts = AnswerFacts(status: 401)
        let pipeline = AzurePipeline(service: .blob, transport: context.transport, signer: signers[1])
        let secrets: [any Sendable] = [
            Secret(secret), key, sas, token, cache, cosmos, storage, bySAS, environment, cosmos.authorization,
            storage.authorization, bySAS.authorization, try ConnectionString("AccountKey=\(secret)"), context, error,
            error.storeError(), ClientSecretCredential(tenantID: "t", clientID: "c", clientSecret: secret),
            WorkloadIdentityCredential(environment: environment),
            ManagedIdentityCredential(environment: environment, isInChain: true),
            DefaultAzureCredential(environment: environment), pipeline,
            AccountAuthorization.identity(ClientSecretCredential(tenantID: "t", clientID: "c", clientSecret: secret)),
        ]
        return secrets + signers + requests
    }

    @Test("descriptions, debug descriptions and dumps of everything that holds a secret hide it")
    func hidden() async throws {
        let holders = try await Self.holders()
        #expect(holders.count == 32)
        for holder in holders {
            var dumped = ""
            dump(holder, to: &dumped, maxDepth: 20)
            for text in ["\(holder)", String(reflecting: holder), dumped] {
                #expect(!text.contains(Self.secret), "\(type(of: holder))")
                #expect(!text.contains(HTTPURL.percentEncoded(Self.secret)), "\(type(of: holder))")
                #expect(!text.contains("c2VjcmV0"), "\(type(of: holder))")
            }
        }
    }

    @Test("a signature on its way is hidden, too")
    func signedRequest() async throws {
        let signer = StorageSharedKeySigner(account: "a", key: try AccountKey(base64: Self.secret), scheme: .blob)
        var request = HTTPRequest(method: .get, url: HTTPURL(scheme: .https, host: "h"))
        try await signer.sign(&request, at: WallTime(millisecondsSinceEpoch: 0))
        let authorization = try #require(request.headers["Authorization"])
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] { #expect(!text.contains(authorization)) }
    }
}
