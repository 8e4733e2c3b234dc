import Foundation
import Testing

/// A certificate authority of a test, and what it has signed, in files that vanish with it.
final class Certificates: Sendable {
    private let folder: String

    /// The certificate of the authority.
    var authority: String { "\(folder)/authority.pem" }

    init() async throws {
        folder = NSTemporaryDirectory() + "cutover-certificates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await make(["-subj", "/CN=cutover-test-authority", "-keyout", "\(folder)/authority.key", "-out", authority])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A file with a key and a certificate of the authority for it.
    ///
    /// - Parameters:
    ///   - subject: whose certificate, as `/O=organisation/CN=name`.
    ///   - extensions: of the certificate.
    func issue(_ name: String, subject: String, extensions: [String]) async throws -> String {
        let (key, certificate, both) = ("\(folder)/\(name).key", "\(folder)/\(name).crt", "\(folder)/\(name).pem")
        try await make(
            [
                "-CA", authority, "-CAkey", "\(folder)/authority.key", "-subj", subject, "-keyout", key, "-out",
                certificate,
            ] + (["basicConstraints=CA:FALSE"] + extensions).flatMap { ["-addext", $0] }
        )
        let texts = try [key, certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try texts.joined().write(toFile: both, atomically: true, encoding: .utf8)
        return both
    }

    private func make(_ arguments: [String]) async throws {
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        maker.arguments =
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2",
            ] + arguments
        maker.standardError = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { continuation in
            maker.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try maker.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(status == 0, "openssl made no certificate")
    }
}
