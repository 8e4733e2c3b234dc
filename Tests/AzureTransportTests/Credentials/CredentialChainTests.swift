import CutoverAzureTransport
import Foundation
import MigrationCore
import Testing

@Suite("A chain finds the credential that is there")
struct CredentialChainTests {
    let clock = LeapingClock()
    static let scope = "https://cosmos.azure.com/.default"

    @Test("what is not available is passed over, and the first that gives a token is stayed with")
    func chain() async throws {
        let missing = FakeCredential(.unavailable)
        let good = FakeCredential(lifetime: .seconds(3_600))
        let last = FakeCredential(lifetime: .seconds(3_600))
        let chain = ChainedCredential([missing, good, last])
        for number in 1...2 {
            #expect(try await chain.requestToken(for: Self.scope, context: .test(clock)).text == "token-\(number)")
        }
        #expect(missing.requests == 1 && good.requests == 2 && last.requests == 0)
    }

    @Test(
        "one that is refused ends the chain, and the error names each that was asked",
        arguments: [CredentialError.Code.rejected, .unreachable, .invalidConfiguration]
    )
    func refused(code: CredentialError.Code) async {
        let last = FakeCredential(lifetime: .seconds(3_600))
        let chain = ChainedCredential([
            FakeCredential(.unavailable, "Not here."), FakeCredential(code, "Refused."), last,
        ])
        let error = await #expect(throws: CredentialError.self) {
            try await chain.requestToken(for: Self.scope, context: .test(clock))
        }
        #expect(error?.code == code)
        #expect(error?.attempts == ["FakeCredential: Not here.", "FakeCredential: Refused."])
        #expect(last.requests == 0)
    }

    @Test("when none is available, the error says of each why")
    func none() async {
        let chain = ChainedCredential([FakeCredential(.unavailable, "No A."), FakeCredential(.unavailable, "No B.")])
        let error = await #expect(throws: CredentialError.self) {
            try await chain.requestToken(for: Self.scope, context: .test(clock))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("No A.") == true && error?.message.contains("No B.") == true)
    }

    @Test("the default chain asks environment, workload, managed identity and CLI, in this order")
    func defaultOrder() async throws {
        let transport = FakeTransport(.failure(TransportError(.timeout(.connect), "", requestMayHaveArrived: false)))
        let credential = DefaultAzureCredential(environment: CredentialEnvironment([:]), searchPath: "/nowhere")
        let error = await #expect(throws: CredentialError.self) {
            try await credential.requestToken(for: Self.scope, context: .test(transport, ContinuousClock()))
        }
        #expect(error?.code == .unavailable)
        #expect(
            error?.attempts.map { String($0.prefix { $0 != ":" }) } == [
                "EnvironmentCredential", "WorkloadIdentityCredential", "ManagedIdentityCredential",
                "AzureCLICredential",
            ]
        )
        #expect(error?.attempts.last?.contains("not on the PATH") == true)
        // The machine's endpoint was looked for once, without its header and with a second of patience.
        #expect(transport.requests.count == 1)
        #expect(transport.requests.first?.headers["Metadata"] == nil)
        #expect(transport.requests.first?.timeouts.total == .seconds(1))
    }

    @Test("the default chain goes on past a machine that has no identity, and stops at a wrong secret")
    func defaultStops() async {
        let noIdentity = FakeTransport(
            .status(400, body: #"{"error":"invalid_request","error_description":"Identity not found"}"#)
        )
        let past = DefaultAzureCredential(environment: CredentialEnvironment([:]), searchPath: "/nowhere")
        let unavailable = await #expect(throws: CredentialError.self) {
            try await past.requestToken(for: Self.scope, context: .test(noIdentity, ContinuousClock()))
        }
        #expect(unavailable?.code == .unavailable)
        #expect(unavailable?.attempts.count == 4)
        #expect(noIdentity.requests.count == 2)

        let refusing = FakeTransport(.status(401, body: #"{"error":"invalid_client"}"#))
        let environment = CredentialEnvironment([
            "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "hush",
        ])
        let stops = DefaultAzureCredential(environment: environment, searchPath: "/nowhere")
        let rejected = await #expect(throws: CredentialError.self) {
            try await stops.requestToken(for: Self.scope, context: .test(refusing, ContinuousClock()))
        }
        #expect(rejected?.code == .rejected)
        #expect(rejected?.attempts.count == 1)
        #expect(rejected.map { String(reflecting: $0).contains("hush") } == false)
    }

    @Test("Cosmos DB's shared scope is asked for where the account's own is not known")
    func scopeFallback() async throws {
        let credential = FakeCredential { _, scope, context throws(CredentialError) in
            guard scope == "https://cosmos.azure.com/.default" else {
                throw CredentialError(
                    .rejected,
                    "Microsoft Entra ID refused with status 400 (invalid_resource, AADSTS500011)."
                )
            }
            return AccessToken(text: "shared", expiry: context.wallClock().advanced(by: .seconds(100)))
        }
        let account = try CosmosAccount(
            endpoint: "https://a.documents.azure.com/",
            authorization: .identity(credential)
        )
        let signer = account.signer(context: .test(clock))
        var request = HTTPRequest(method: .get, url: account.endpoint)
        try await signer.sign(&request, at: WallTime(millisecondsSinceEpoch: 0))
        #expect(request.headers["Authorization"] == "type%3Daad%26ver%3D1.0%26sig%3Dshared")
        #expect(credential.requests == 2)
    }
}

@Suite("The Azure CLI is run without a shell", .timeLimit(.minutes(1)))
struct AzureCLITests {
    static let scope = "https://storage.azure.com/.default"

    /// Runs a body with a folder that holds a program named az.
    private func withProgram<Result>(_ script: String, _ body: (String) async throws -> Result) async throws -> Result {
        let folder = NSTemporaryDirectory() + "cutover-az-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/az"
        try Data("#!/bin/sh\nfolder=\"\(folder)\"\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return try await body(folder)
    }

    @Test("its token is taken, and it is asked for the resource of the scope")
    func token() async throws {
        let script = """
            printf '%s|' "$@" > "$folder/arguments"
            echo '{"accessToken":"cli-token","expires_on":1700000100,"expiresOn":"2023-11-14 22:15:00.000000"}'
            """
        try await withProgram(script) { folder in
            let credential = AzureCLICredential(tenantID: "tenant-1", searchPath: folder + ":/usr/bin:/bin")
            let token = try await credential.requestToken(for: Self.scope, context: .test(ContinuousClock()))
            #expect(token.text == "cli-token")
            #expect(token.expiry == WallTime(millisecondsSinceEpoch: 1_700_000_100_000))
            let arguments = try String(contentsOf: URL(fileURLWithPath: folder + "/arguments"), encoding: .utf8)
            #expect(
                arguments
                    == "account|get-access-token|--output|json|--resource|https://storage.azure.com|--tenant|tenant-1|"
            )
        }
    }

    @Test("where it is not there, not logged in or broken, the error says so, without what it printed")
    func failures() async throws {
        func error(_ script: String) async throws -> CredentialError? {
            try await withProgram(script) { folder in
                let credential = AzureCLICredential(tenantID: nil, searchPath: folder + ":/usr/bin:/bin")
                return await #expect(throws: CredentialError.self) {
                    try await credential.requestToken(for: Self.scope, context: .test(ContinuousClock()))
                }
            }
        }
        let missing = await #expect(throws: CredentialError.self) {
            try await AzureCLICredential(tenantID: nil, searchPath: "/nowhere")
                .requestToken(for: Self.scope, context: .test(ContinuousClock()))
        }
        #expect(missing?.message.contains("not on the PATH") == true)
        let loggedOut = try await error("echo \"Please run 'az login' to setup account.\" >&2; exit 1")
        #expect(loggedOut?.code == .unavailable)
        #expect(loggedOut?.message.contains("run 'az login'") == true)
        let broken = try await error("echo secret-output; echo secret-complaint >&2; exit 3")
        #expect(broken?.code == .unavailable)
        let odd = try await error("echo secret-output")
        #expect(odd?.code == .rejected)
        for failure in [broken, odd] {
            #expect(failure.map { String(reflecting: $0).contains("secret") } == false)
        }
    }

    @Test("one that hangs, with its children, is ended after ten seconds")
    func hangs() async throws {
        try await withProgram("sleep 300 & echo $! > \"$folder/child\"; wait") { folder in
            let manual = LeapAfter(path: folder + "/child")
            let credential = AzureCLICredential(tenantID: nil, searchPath: folder + ":/usr/bin:/bin")
            let error = await #expect(throws: CredentialError.self) {
                try await credential.requestToken(for: Self.scope, context: .test(manual))
            }
            #expect(error?.code == .unreachable)
            let text = try String(contentsOf: URL(fileURLWithPath: folder + "/child"), encoding: .utf8)
            let child = try #require(Int32(text.split(separator: "\n").first ?? ""))
            // The child is a zombie of somebody else for a moment, or gone.
            for _ in 0..<200 where Self.isRunning(child) { try await Task.sleep(for: .milliseconds(20)) }
            #expect(!Self.isRunning(child))
        }
    }

    @Test("names that could be options or paths are never passed on", arguments: ["--help", "a b", "", "a;b"])
    func names(tenant: String) async {
        let credential = AzureCLICredential(tenantID: tenant, searchPath: "/nowhere")
        let error = await #expect(throws: CredentialError.self) {
            try await credential.requestToken(for: Self.scope, context: .test(ContinuousClock()))
        }
        #expect(error?.code == .invalidConfiguration)
    }

    private static func isRunning(_ process: Int32) -> Bool {
        guard let status = try? String(contentsOf: URL(fileURLWithPath: "/proc/\(process)/stat"), encoding: .utf8)
        else { return false }
        return status.split(separator: ")").last?.split(separator: " ").first != "Z"
    }
}

/// A clock whose sleeps end as soon as a file is there.
private struct LeapAfter: Clock {
    typealias Instant = ContinuousClock.Instant
    let path: String
    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        while ((try? String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)) ?? "").isEmpty {
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
