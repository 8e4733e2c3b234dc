import CutoverAzureTransport
import Foundation
import Testing

/// A program that serves TLS on 127.0.0.1, with a certificate of its own.
final class TLSServer {
    private let files: TLSCertificate
    private let process = Process()
    private let port: Int

    /// The certificate, which is its own authority.
    var certificate: String { files.path }

    /// The server of the `openssl` program, which speaks HTTP/1.
    static func openssl() async throws -> TLSServer {
        let files = try await TLSCertificate()
        return try TLSServer(
            files,
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.path, "-key", files.key, "-www"]
        ) { line in
            line.hasPrefix("ACCEPT ") ? line.split(separator: ":").last.flatMap { Int($0) } : nil
        }
    }

    /// A server that offers these protocols in the handshake, and answers so many streams of HTTP/2 together.
    static func offering(_ protocols: String, together: Int = 1) async throws -> TLSServer {
        let files = try await TLSCertificate()
        let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("http2_server.py").path
        return try TLSServer(files, ["python3", "-B", program, files.path, files.key, protocols, "\(together)"]) {
            line in
            Int(line)
        }
    }

    /// - Parameter port: finds the port in a line of what the program says.
    private init(_ files: TLSCertificate, _ arguments: [String], port: (Substring) -> Int?) throws {
        self.files = files
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        var found: Int?
        while found == nil {
            let data = output.fileHandleForReading.availableData
            try #require(!data.isEmpty, "the server ended: \(text)")
            text += String(decoding: data, as: UTF8.self)
            guard let end = text.lastIndex(of: "\n") else { continue }
            found = text[..<end].split(separator: "\n").lazy.compactMap(port).first
        }
        self.port = try #require(found)
    }

    func url(_ host: String) throws -> HTTPURL {
        try #require(HTTPURL("https://\(host):\(port)/"))
    }

    func stop() {
        // That of openssl was seen to live on after a polite request, and neither holds anything that is worth one.
        kill(process.processIdentifier, SIGKILL)
    }
}
