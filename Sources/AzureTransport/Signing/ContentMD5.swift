internal import Crypto
internal import MigrationCore

/// The checksum of `Content-MD5`: the protocol asks for it to notice damage on the way; it protects against nobody.
package struct ContentMD5: Sendable {
    private var hash = Insecure.MD5()

    package init() {}

    /// Adds bytes.
    package mutating func update(_ bytes: [UInt8]) {
        hash.update(data: bytes)
    }

    /// The form of the header: 16 bytes in Base64.
    package var headerValue: String { Base64.text(Array(hash.finalize())) }

    /// The form of the header for some bytes.
    package static func headerValue(of bytes: [UInt8]) -> String {
        Base64.text(Array(Insecure.MD5.hash(data: bytes)))
    }
}
