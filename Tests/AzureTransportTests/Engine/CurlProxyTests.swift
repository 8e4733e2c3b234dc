import CutoverAzureTransport
import Testing

@Suite("Proxies", .timeLimit(.minutes(1)))
struct CurlProxyTests {
    private func transport(_ proxy: LoopbackServer, name: String? = nil) -> CurlTransport {
        var configuration = CurlTransport.Configuration()
        configuration.proxy = HTTPProxy(url: proxy.url(), name: name, password: name.map { _ in "hush" }, bypass: [])
        return CurlTransport(configuration)
    }

    private func https(_ text: String) throws -> HTTPRequest {
        HTTPRequest(method: .get, url: try #require(HTTPURL(text)), headers: ["Authorization": "secret"])
    }

    @Test("a plain request is forwarded by the proxy")
    func forward() async throws {
        let proxy = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer(body: "by proxy")
        }
        let url = try #require(HTTPURL("http://account.invalid/path?q=1"))
        let response = try await transport(proxy, name: "me").send(HTTPRequest(method: .get, url: url))
        #expect(response.body == Array("by proxy".utf8))
        let request = try #require(proxy.requests.first)
        #expect(request.lines.first == "GET http://account.invalid/path?q=1 HTTP/1.1")
        #expect(request.value(of: "Proxy-Authorization") == "Basic bWU6aHVzaA==")
    }

    @Test("the proxy that opens a tunnel is not told what is meant for the server")
    func tunnel() async throws {
        let proxy = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 Connected\r\nx-from-proxy: 1\r\n\r\n")
            _ = try connection.readSome()
        }
        let request = try https("https://account.invalid/path?sig=secret")
        let error = await outcome(of: request, on: transport(proxy)).error
        #expect(error?.code == .reset)
        #expect(error?.requestMayHaveArrived == false)
        let connect = try #require(proxy.requests.first)
        #expect(connect.lines.first == "CONNECT account.invalid:443 HTTP/1.1")
        #expect(connect.value(of: "Authorization") == nil)
        #expect(!connect.head.contains("secret"))
    }

    @Test("a proxy that refuses, fails or is not there has an error of its own", arguments: [407, 403, 502])
    func refused(status: Int) async throws {
        let proxy = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer("\(status) No")
        }
        let error = await outcome(of: try https("https://account.invalid/"), on: transport(proxy)).error
        #expect(error?.code == (status == 502 ? .proxy : .proxyRefused))
        #expect(error?.requestMayHaveArrived == false)
        var configuration = CurlTransport.Configuration()
        configuration.proxy = HTTPProxy(
            url: try #require(HTTPURL("http://127.0.0.1:\(LoopbackServer.silentPort())")),
            bypass: []
        )
        let missing = await outcome(of: try https("https://account.invalid/"), on: CurlTransport(configuration)).error
        #expect(missing?.code == .proxy)
    }

    @Test("hosts on the list are reached directly")
    func bypass() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer(body: "direct")
        }
        var configuration = CurlTransport.Configuration()
        configuration.proxy = HTTPProxy(url: try #require(HTTPURL("http://127.0.0.1:\(LoopbackServer.silentPort())")))
        let response = try await CurlTransport(configuration).send(HTTPRequest(method: .get, url: server.url()))
        #expect(response.body == Array("direct".utf8))
    }

    @Test("an environment names a proxy by custom, and its password stays hidden")
    func environment() throws {
        let environment = [
            "https_proxy": "http://me%40work:hu%3Ash@proxy.example:3128/", "HTTP_PROXY": "http://evil.example",
            "no_proxy": "a.example, b",
        ]
        let proxy = try #require(HTTPProxy(environment: environment, for: .https))
        #expect(proxy.url.authority == "proxy.example:3128")
        #expect(proxy.name == "me@work" && proxy.password == "hu:sh")
        #expect(proxy.bypass.contains("169.254.169.254") && proxy.bypass.suffix(2) == ["a.example", "b"])
        for text in ["\(proxy)", String(reflecting: proxy), "\(Mirror(reflecting: proxy).children.map { $0.value })"] {
            #expect(!text.contains("hu") && !text.contains("me@"))
        }
        #expect(HTTPProxy(environment: environment, for: .http) == nil)
        #expect(HTTPProxy(environment: ["all_proxy": "host:80"], for: .http)?.url.host == "host")
        #expect(HTTPProxy(environment: ["https_proxy": "socks5://host"], for: .https) == nil)
        #expect(HTTPProxy(environment: [:], for: .https) == nil)
    }
}
