internal import Crypto

/// SHA-256 over the canonical form of a document: 32 bytes that are equal exactly when the documents count as equal.
public struct DocumentDigest: Sendable, Hashable, CustomStringConvertible {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// Takes exactly 32 bytes, or returns nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self = bytes.withUnsafeBytes { DocumentDigest($0) }
    }

    /// Takes a finished SHA-256.
    init(_ digest: SHA256.Digest) {
        self = digest.withUnsafeBytes { DocumentDigest($0) }
    }

    private init(_ bytes: UnsafeRawBufferPointer) {
        first = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        second = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        third = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        fourth = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for word in [first, second, third, fourth] { bytes.appendLittleEndian(word.byteSwapped) }
        return bytes
    }

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        Hex.text(bytes)
    }
}
