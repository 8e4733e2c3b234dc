/// The keyed hash that all the services sign with, and digests.
package enum Signing {
    /// Base64 of HMAC-SHA256 over a text, with a key given in Base64; nil if the key is no Base64.
    package static func sign(_ text: String, key: String) -> String? {
        guard let key = Base64.decode(key) else { return nil }
        return Base64.encode(SHA256.authenticate(Array(text.utf8), key: key))
    }

    /// Whether two signatures are equal, without telling by time where they differ.
    package static func equal(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }

    package static func md5(_ bytes: [UInt8]) -> [UInt8] { MD5.hash(bytes) }

    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { SHA256.hash(bytes) }
}

/// A random identifier in the form `xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx`.
package func randomIdentifier() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
        if [4, 6, 8, 10].contains(index) { text += "-" }
        text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return text
}
