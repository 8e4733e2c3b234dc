internal import Crypto

/// The options in the form that hashing uses. A class, so that passing options on costs one reference.
final class DigestPlan: Sendable {
    let sorts: Bool
    let byValue: Bool
    /// The first bytes that are hashed: a SHA-256 over the options themselves.
    let domain: [UInt8]
    /// A hasher that has hashed the domain.
    let hasher: SHA256
    /// The UTF-8 bytes of the excluded names, sorted.
    let excludedNames: [[UInt8]]
    /// Bit n is set when an excluded name has n modulo 64 as its first byte; the empty name has 0.
    private let excludedFirstBytes: UInt64

    init(_ order: DigestOptions.FieldOrder, _ numbers: DigestOptions.Numbers, _ excluded: Set<String>) {
        sorts = order == .ignored
        byValue = numbers == .byValue
        excludedNames = excluded.map { Array($0.utf8) }.sorted { Ordering(bytes: $0, $1) == .less }
        excludedFirstBytes = excludedNames.reduce(0) { $0 | 1 << UInt64(($1.first ?? 0) & 63) }
        var text = Array("cutover document digest 1".utf8)
        text.append(sorts ? 1 : 0)
        text.append(byValue ? 1 : 0)
        for name in excludedNames {
            text.appendLittleEndian(UInt32(name.count))
            text.append(contentsOf: name)
        }
        domain = Array(SHA256.hash(data: text))
        var hasher = SHA256()
        hasher.update(data: domain)
        self.hasher = hasher
    }

    /// Whether a top-level field is left out.
    @inline(__always)
    func excludes(_ name: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard excludedFirstBytes >> UInt64(bytes[name.lowerBound] & 63) & 1 == 1 else { return false }
        return excludedNames.contains { excluded in
            excluded.count == name.count && excluded.elementsEqual(bytes[name])
        }
    }
}
