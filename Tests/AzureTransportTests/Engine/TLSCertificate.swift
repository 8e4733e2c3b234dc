import Foundation
import Testing

/// A fresh certificate for 127.0.0.1 that is its own authority, in files that vanish with it.
final class TLSCertificate {
    let path: String
    let key: String
    private let folder: String

    init() async throws {
        folder = NSTemporaryDirectory() + "cutover-tls-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/certificate.pem"
        key = folder + "/key.pem"
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        maker.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj",
            "/CN=cutover-test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", path,
        ]
        maker.standardError = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { continuation in
            maker.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try maker.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(status == 0, "openssl made no certificate")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}
