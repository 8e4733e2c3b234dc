import CutoverAzureTransport
import Testing

@Suite("TLS is verified, always", .timeLimit(.minutes(1)))
struct CurlTLSTests {
    @Test(
        "a server with a certificate of its own is trusted with its file, and refused without it and under another name"
    )
    func ownAuthority() async throws {
        let server = try await TLSServer.openssl()
        defer { server.stop() }
        var configuration = CurlTransport.Configuration()
        configuration.certificateAuthorityFile = server.certificate
        let trusting = CurlTransport(configuration)
        let response = try await trusting.send(HTTPRequest(method: .get, url: server.url("127.0.0.1")))
        #expect(response.status == 200)

        let write = HTTPRequest(method: .post, url: try server.url("127.0.0.1"), body: .bytes([1]))
        let unknown = await outcome(of: write, on: CurlTransport()).error
        #expect(unknown?.code == .tls)
        #expect(unknown?.requestMayHaveArrived == false)

        let otherName = await outcome(of: HTTPRequest(method: .get, url: try server.url("localhost")), on: trusting)
            .error
        #expect(otherName?.code == .tls)

        configuration.certificateAuthorityFile = "/nowhere/ca.pem"
        let noFile = await outcome(of: write, on: CurlTransport(configuration)).error
        #expect(noFile?.code == .tls)
        #expect(noFile?.requestMayHaveArrived == false)
    }

    @Test("a server that speaks no TLS is an error of the handshake, and one that leaves during it may be tried again")
    func noTLS() async throws {
        let plain = try LoopbackServer { connection in
            _ = try connection.readSome()
            try connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }
        let leaving = try LoopbackServer { connection in
            _ = try connection.readSome()
        }
        let transport = CurlTransport()
        let handshake = await outcome(of: HTTPRequest(method: .get, url: plain.url(scheme: "https")), on: transport)
            .error
        #expect(handshake?.code == .tls)
        let gone = await outcome(
            of: HTTPRequest(method: .post, url: leaving.url(scheme: "https"), body: .bytes([1])),
            on: transport
        ).error
        #expect(gone?.code == .reset)
        #expect(gone?.requestMayHaveArrived == false)
    }
}
