internal import Crypto

/// A sum of hashes modulo 2^256: the digest of a set, in which order does not count.
///
/// Each document adds SHA-256 of its key and its canonical digest. Two sets with equal sums and counts hold the same documents,
/// as far as SHA-256 can tell; sums of parts add up to the sum of the whole.
public struct HashSum: Sendable, Hashable, CustomStringConvertible {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// The sum of nothing.
    public init() {}

    /// The hash of one document under its key.
    init(_ key: DocumentKey, _ digest: DocumentDigest) {
        var hash = SHA256()
        hash.update(data: Array(key.partition.text.utf8))
        hash.update(data: [0xFF])
        hash.update(data: Array(key.id.text.utf8))
        hash.update(data: [0xFF])
        hash.update(data: digest.bytes)
        hash.finalize().withUnsafeBytes { bytes in
            words.0 = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            words.1 = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            words.2 = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            words.3 = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        }
    }

    /// Adds a hash or another sum.
    static func += (a: inout HashSum, b: HashSum) {
        var carry = false
        func add(_ x: UInt64, _ y: UInt64) -> UInt64 {
            let (sum, first) = x.addingReportingOverflow(y)
            let (result, second) = sum.addingReportingOverflow(carry ? 1 : 0)
            carry = first || second
            return result
        }
        a.words.0 = add(a.words.0, b.words.0)
        a.words.1 = add(a.words.1, b.words.1)
        a.words.2 = add(a.words.2, b.words.2)
        a.words.3 = add(a.words.3, b.words.3)
    }

    /// The 64 hexadecimal digits.
    public var description: String {
        Hex.text(words.3) + Hex.text(words.2) + Hex.text(words.1) + Hex.text(words.0)
    }

    /// The four parts, the lowest first.
    var parts: [UInt64] { [words.0, words.1, words.2, words.3] }

    /// Takes four parts back.
    init?(parts: some Collection<UInt64>) {
        guard parts.count == 4 else { return nil }
        let all = Array(parts)
        words = (all[0], all[1], all[2], all[3])
    }

    public static func == (a: HashSum, b: HashSum) -> Bool { a.words == b.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
