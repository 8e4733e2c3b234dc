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
