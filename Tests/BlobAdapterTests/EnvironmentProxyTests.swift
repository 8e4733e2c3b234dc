import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("The proxy of the environment")
struct EnvironmentProxyTests {
    private static func proxy(_ scheme: String, _ variables: [String: String]) throws -> HTTPProxy? {
        try .ofEnvironment(for: try #require(HTTPURL("\(scheme)://a.blob.example")), in: variables)
    }

    @Test("is the one that the environment names for the scheme of the endpoint, with its exceptions")
    func named() throws {
        let variables = ["HTTPS_PROXY": "http://ada:pass@proxy.example:3128", "NO_PROXY": "a.example, b.example"]
        let proxy = try #require(try Self.proxy("https", variables))
        #expect(proxy.url.host == "proxy.example" && proxy.url.port == 3_128)
        #expect(proxy.name == "ada" && proxy.password == "pass")
        #expect(proxy.bypass.contains("b.example") && proxy.bypass.contains("169.254.169.254"))
        #expect(try Self.proxy("http", variables) == nil)
        #expect(try Self.proxy("https", ["HTTPS_PROXY": ""]) == nil)
    }

    @Test("is refused where it is no proxy, and its text stays out of the error")
    func malformed() throws {
        let variables = ["https_proxy": "socks9://hush@\u{0}"]
        let error = #expect(throws: StoreError.self) {
            try Self.proxy("https", variables)
        }
        #expect(error?.code == .invalidConfiguration && error?.message.contains("https_proxy") == true)
        #expect(error?.message.contains("hush") == false)
    }

    @Test("is not looked at unless a configuration says so")
    func asked() throws {
        let configuration = try FakeBlobs().configuration()
        #expect(!configuration.usesEnvironmentProxy)
        #expect(try configuration.proxy() == nil)
    }
}
