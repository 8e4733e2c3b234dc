internal import Crypto

/// What a canonical digest takes into account.
///
/// Digests made with different options never agree, so that a comparison of unlike digests shows as a difference.
public struct DigestOptions: Sendable, Hashable {
    /// Whether the order of fields counts.
    public enum FieldOrder: Sendable, Hashable {
        /// The same fields in another order are another document.
        case kept
        /// The order of fields is ignored at every level; the order of array elements always counts.
        case ignored
    }

    /// Which numbers are the same.
    public enum Numbers: Sendable, Hashable {
        /// Type and bits count: `int32` 1, `int64` 1, `double` 1.0 and `decimal128` 1.0 are four numbers.
        case exact
        /// Numbers of equal mathematical value are the same, whatever their types; all NaNs are the same.
        case byValue
    }

    /// The fields that stores add on their own: `_etag`, `_ts`, `_rid`, `_self`, `_attachments` and `_lsn`.
    public static let systemFields: Set<String> = ["_etag", "_ts", "_rid", "_self", "_attachments", "_lsn"]

    /// Field order kept, numbers exact, without system fields.
    public static let `default` = DigestOptions()

    /// Whether the order of fields counts.
    public let fieldOrder: FieldOrder
    /// Which numbers are the same.
    public let numbers: Numbers
    /// Names of top-level fields that are left out.
    public let excludedFields: Set<String>

    /// The first bytes that are hashed: a SHA-256 over the options themselves.
    let domain: [UInt8]
    /// The UTF-8 bytes of the excluded names, sorted.
    let excludedNames: [[UInt8]]
    /// Bit n is set when an excluded name has n modulo 64 as its first byte; the empty name has 0.
    let excludedFirstBytes: UInt64

    /// Chooses options.
    ///
    /// - Parameters:
    ///   - fieldOrder: Whether the order of fields counts.
    ///   - numbers: Which numbers are the same.
    ///   - excludedFields: Names of top-level fields that are left out.
    public init(
        fieldOrder: FieldOrder = .kept,
        numbers: Numbers = .exact,
        excludedFields: Set<String> = systemFields
    ) {
        self.fieldOrder = fieldOrder
        self.numbers = numbers
        self.excludedFields = excludedFields
        excludedNames = excludedFields.map { Array($0.utf8) }.sorted { Ordering(bytes: $0, $1) == .less }
        excludedFirstBytes = excludedNames.reduce(0) { $0 | 1 << UInt64(($1.first ?? 0) & 63) }
        domain = Self.domain(fieldOrder, numbers, excludedNames)
    }

    /// Whether a top-level field is left out.
    @inline(__always)
    func excludes(_ name: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard excludedFirstBytes >> UInt64(bytes[name.lowerBound] & 63) & 1 == 1 else { return false }
        return excludedNames.contains { excluded in
            excluded.count == name.count && excluded.elementsEqual(bytes[name])
        }
    }

    private static func domain(_ order: FieldOrder, _ numbers: Numbers, _ excluded: [[UInt8]]) -> [UInt8] {
        var text = Array("cutover document digest 1".utf8)
        text.append(order == .kept ? 0 : 1)
        text.append(numbers == .exact ? 0 : 1)
        for name in excluded {
            text.appendLittleEndian(UInt32(name.count))
            text.append(contentsOf: name)
        }
        return Array(SHA256.hash(data: text))
    }
}
