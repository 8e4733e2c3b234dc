import CutoverAzureTransport
import Foundation
import MigrationCore
import Testing

@Suite("Identity endpoints are asked as they want to be asked")
struct IdentityRequestTests {
    let clock = LeapingClock()
    static let scope = "https://storage.azure.com/.default"
    static let token = #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"the-token"}"#

    private func form(_ request: HTTPRequest) -> String {
        guard case .bytes(let bytes) = request.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a client secret goes as a form to the tenant's token endpoint")
    func clientSecret() async throws {
        let transport = FakeTransport(.status(200, body: Self.token))
        let credential = ClientSecretCredential(tenantID: "tenant-1", clientID: "client 1", clientSecret: "s&cr=t+")
        let context = TokenContext.test(transport, clock)
        let token = try await credential.requestToken(for: Self.scope, context: context)
        #expect(token.text == "the-token")
        #expect(token.expiry == context.wallClock().advanced(by: .seconds(3_599)))
        let request = try #require(transport.requests.first)
        #expect(request.method == .post)
        #expect(request.url.absoluteText == "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token")
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(
            form(request)
                == "client_id=client%201&client_secret=s%26cr%3Dt%2B&grant_type=client_credentials"
                + "&scope=https%3A%2F%2Fstorage.azure.com%2F.default"
        )
    }

    @Test("a refused secret is told by its codes, once, and without the answer's text")
    func refusedSecret() async throws {
        let body =
            #"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret for somebody","error_codes":[7000215]}"#
        let transport = FakeTransport(.status(401, body: body))
        let credential = ClientSecretCredential(tenantID: "t", clientID: "c", clientSecret: "s")
        let error = await #expect(throws: CredentialError.self) {
            try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        }
        #expect(error?.code == .rejected)
        #expect(error?.message.contains("invalid_client, AADSTS7000215") == true)
        #expect(error.map { String(reflecting: $0).contains("somebody") } == false)
        #expect(transport.requests.count == 1)
    }

    @Test("an endpoint that is away for a moment is asked again")
    func transient() async throws {
        let transport = FakeTransport(
            .status(503),
            .refused,
            .status(429, ["Retry-After": "2"]),
            .status(200, body: Self.token)
        )
        let credential = ClientSecretCredential(tenantID: "t", clientID: "c", clientSecret: "s")
        _ = try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        #expect(transport.requests.count == 4)
        #expect(clock.slept.last ?? .zero >= .seconds(2))
        let away = FakeTransport(.refused)
        let error = await #expect(throws: CredentialError.self) {
            try await credential.requestToken(for: Self.scope, context: .test(away, clock))
        }
        #expect(error?.code == .unreachable)
    }

    @Test(
        "settings that could send a secret elsewhere are refused",
        arguments: [("http://login.example", "t"), ("login.example", "a/b"), ("login.example", "")]
    )
    func wrongAuthority(authority: String, tenant: String) async {
        let transport = FakeTransport(.status(200, body: Self.token))
        let credential = ClientSecretCredential(
            tenantID: tenant,
            clientID: "c",
            clientSecret: "s",
            authorityHost: authority
        )
        let error = await #expect(throws: CredentialError.self) {
            try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(transport.requests.isEmpty)
    }

    @Test("a workload's token file is read again for each token")
    func workload() async throws {
        let path = NSTemporaryDirectory() + "cutover-token-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let transport = FakeTransport(.status(200, body: Self.token))
        let credential = WorkloadIdentityCredential(
            environment: CredentialEnvironment([
                "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": path,
                "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/",
            ])
        )
        for assertion in ["first.jwt", "second.jwt"] {
            try Data("\(assertion)\n".utf8).write(to: URL(fileURLWithPath: path))
            _ = try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
            let request = try #require(transport.requests.last)
            #expect(request.url.absoluteText == "https://login.microsoftonline.us/t/oauth2/v2.0/token")
            #expect(
                form(request)
                    == "client_id=c&client_assertion=\(assertion)"
                    + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                    + "&grant_type=client_credentials&scope=https%3A%2F%2Fstorage.azure.com%2F.default"
            )
        }
        try FileManager.default.removeItem(atPath: path)
        let error = await #expect(throws: CredentialError.self) {
            try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        }
        #expect(error?.code == .rejected)
    }

    @Test("a virtual machine's endpoint gets the resource without its suffix, and numbers as strings are read")
    func virtualMachine() async throws {
        let body =
            #"{"access_token":"vm","expires_in":"86399","expires_on":"1700086399","token_type":"Bearer","resource":"r"}"#
        let transport = FakeTransport(.status(200, body: body))
        let credential = ManagedIdentityCredential(
            identity: .clientID("id-1"),
            environment: CredentialEnvironment([:]),
            isInChain: false
        )
        let token = try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        #expect(token.text == "vm")
        #expect(token.expiry == WallTime(millisecondsSinceEpoch: 1_700_086_399_000))
        let request = try #require(transport.requests.first)
        #expect(
            request.url.absoluteText
                == "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
                + "&resource=https%3A%2F%2Fstorage.azure.com&client_id=id-1"
        )
        #expect(request.headers["Metadata"] == "true")
        #expect(request.method == .get)
    }

    @Test("each kind of identity has its own name at each endpoint")
    func identities() async throws {
        let body = #"{"access_token":"x","expires_on":"1700086399"}"#
        let app = CredentialEnvironment(["IDENTITY_ENDPOINT": "http://127.0.0.1:9/msi/token", "IDENTITY_HEADER": "h"])
        let machine = CredentialEnvironment(["AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"])
        let rows: [(ManagedIdentityCredential.Identity, CredentialEnvironment, String?)] = [
            (.systemAssigned, app, nil), (.clientID("i"), app, "client_id=i"), (.objectID("i"), app, "principal_id=i"),
            (.resourceID("/s/1"), app, "mi_res_id=%2Fs%2F1"), (.systemAssigned, machine, nil),
            (.objectID("i"), machine, "object_id=i"), (.resourceID("/s/1"), machine, "msi_res_id=%2Fs%2F1"),
        ]
        for (identity, environment, parameter) in rows {
            let transport = FakeTransport(.status(200, body: body))
            let credential = ManagedIdentityCredential(identity: identity, environment: environment, isInChain: false)
            _ = try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
            let query = try #require(transport.requests.first?.url.percentEncodedQuery)
            let last = query.split(separator: "&").dropFirst(2).joined(separator: "&")
            #expect(last == parameter ?? "")
        }
    }

    @Test("App Service and Container Apps get their header, and only expires_on is needed")
    func app() async throws {
        let transport = FakeTransport(.status(200, body: #"{"access_token":"app","expires_on":"1700000100"}"#))
        let environment = CredentialEnvironment([
            "IDENTITY_ENDPOINT": "http://127.0.0.1:42/msi/token", "IDENTITY_HEADER": "hush",
        ])
        let credential = ManagedIdentityCredential(environment: environment, isInChain: false)
        let token = try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        #expect(token.expiry == WallTime(millisecondsSinceEpoch: 1_700_000_100_000))
        let request = try #require(transport.requests.first)
        #expect(
            request.url.absoluteText
                == "http://127.0.0.1:42/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com"
        )
        #expect(request.headers["X-IDENTITY-HEADER"] == "hush")
        #expect(request.headers["Metadata"] == nil)
    }

    @Test("the metadata endpoint is waited for while it is updated, for more than 70 seconds")
    func metadataUpdate() async throws {
        let clock = clock
        let transport = FakeTransport { _, _ throws(TransportError) in
            clock.now.offset < .seconds(71)
                ? HTTPResponse(status: 410)
                : HTTPResponse(status: 200, body: Array(#"{"access_token":"x","expires_on":"1700086399"}"#.utf8))
        }
        let credential = ManagedIdentityCredential(environment: CredentialEnvironment([:]), isInChain: false)
        _ = try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        #expect(clock.now.offset >= .seconds(71))
    }

    @Test(
        "a place whose identity is not supported is named",
        arguments: [
            (
                ["IDENTITY_ENDPOINT": "http://x", "IDENTITY_HEADER": "h", "IDENTITY_SERVER_THUMBPRINT": "t"],
                "Service Fabric"
            ),
            (["IDENTITY_ENDPOINT": "http://x", "IMDS_ENDPOINT": "http://y"], "Arc"),
            (["MSI_ENDPOINT": "http://x"], "Cloud Shell"),
        ]
    )
    func unsupported(environment: [String: String], name: String) async {
        let transport = FakeTransport(.status(200, body: Self.token))
        let credential = ManagedIdentityCredential(environment: CredentialEnvironment(environment), isInChain: false)
        let error = await #expect(throws: CredentialError.self) {
            try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains(name) == true)
        #expect(transport.requests.isEmpty)
    }

    @Test(
        "an answer that is no token is refused without its text",
        arguments: [
            "", "{}", "<html>secret</html>", #"{"access_token":"secret"}"#,
            #"{"access_token":"secret","expires_in":"soon"}"#,
        ]
    )
    func noToken(body: String) async {
        let transport = FakeTransport(.status(200, body: body))
        let credential = ClientSecretCredential(tenantID: "t", clientID: "c", clientSecret: "s")
        let error = await #expect(throws: CredentialError.self) {
            try await credential.requestToken(for: Self.scope, context: .test(transport, clock))
        }
        #expect(error?.code == .rejected)
        #expect(error.map { String(reflecting: $0).contains("secret") } == false)
    }
}
