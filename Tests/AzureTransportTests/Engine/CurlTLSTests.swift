import CutoverAzureTransport
import Foundation
import Testing

@Suite("TLS is verified, always", .timeLimit(.minutes(1)))
struct CurlTLSTests {
    @Test(
        "a server with a certificate of its own is trusted with its file, and refused without it and under another name"
    )
    func ownAuthority() async throws {
        let server = try await TLSServer()
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

/// The server of the `openssl` program with a fresh certificate for 127.0.0.1 that is its own authority.
private final class TLSServer {
    let certificate: String
    private let folder: String
    private let process = Process()
    private let port: Int

    init() async throws {
        folder = NSTemporaryDirectory() + "cutover-tls-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        certificate = folder + "/certificate.pem"
        let key = folder + "/key.pem"
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        maker.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj",
            "/CN=cutover-test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ]
        maker.standardError = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { continuation in
            maker.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try maker.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(status == 0, "openssl made no certificate")

        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        var found: Int?
        while found == nil {
            let data = output.fileHandleForReading.availableData
            try #require(!data.isEmpty, "openssl s_server ended: \(text)")
            text += String(decoding: data, as: UTF8.self)
            found =
                text.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") && text.contains("\n") }
                .flatMap { $0.split(separator: ":").last }.flatMap { Int($0) }
        }
        port = try #require(found)
    }

    func url(_ host: String) throws -> HTTPURL {
        try #require(HTTPURL("https://\(host):\(port)/"))
    }

    func stop() {
        // It was seen to live on after a polite request, and holds nothing that is worth one.
        kill(process.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
