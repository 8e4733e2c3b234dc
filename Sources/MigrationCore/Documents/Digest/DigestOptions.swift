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

    /// What follows from the options, worked out once.
    let plan: DigestPlan

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
        plan = DigestPlan(fieldOrder, numbers, excludedFields)
    }

    public static func == (a: DigestOptions, b: DigestOptions) -> Bool {
        a.plan.domain == b.plan.domain
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(plan.domain)
    }
}

/// The options in the form that hashing uses. A class, so that passing options on costs one reference.
final class DigestPlan: Sendable {
    let sorts: Bool
    let byValue: Bool
    /// The first bytes that are hashed: a SHA-256 over the options themselves.
    let domain: [UInt8]
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
