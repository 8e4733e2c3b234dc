internal import Crypto

/// The chained digest of a tenant's log: SHA-256 of the digest before and the canonical form of the event.
///
/// `digest(0)` is 32 zero bytes; `digest(n) = SHA-256(digest(n-1) || canonical(event n))`. Two logs with equal digests at n are
/// equal up to n, event by event and in order. The canonical form is that of ``StoredEvent/canonicalBSON``, version 1.
public struct LogDigest: Sendable, Hashable, CustomStringConvertible {
    /// The version of the canonical form and the chain that this library writes.
    public static let algorithmVersion: Int32 = 1

    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// The digest of an empty log.
    public static let empty = LogDigest(words: (0, 0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Takes the 32 bytes of a digest; `nil` for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        self.words = words
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// Lends the 32 bytes.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: words, body)
    }

    /// The digest after one more event.
    public func chained(with canonical: UnsafeRawBufferPointer) -> LogDigest {
        var hash = SHA256()
        withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: canonical)
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        hash.finalize().withUnsafeBytes { digest in
            Swift.withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: digest) }
        }
        return LogDigest(words: words)
    }

    /// The 64 hexadecimal digits.
    public var description: String { withUnsafeBytes { Hex.text($0) } }

    /// Reads the 64 hexadecimal digits back; `nil` for anything else.
    public init?(_ text: String) {
        guard let bytes = Hex.bytes(text) else { return nil }
        self.init(bytes: bytes)
    }

    public static func == (a: LogDigest, b: LogDigest) -> Bool { a.words == b.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
