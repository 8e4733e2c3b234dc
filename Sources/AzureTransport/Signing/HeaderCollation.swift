/// The order in which Storage sorts field names before it checks a signature.
///
/// The service compares by a culture, not by bytes: punctuation is passed over at first, then `_` comes before digits and digits
/// come before letters. All fields of the protocol sort the same way either way; names of metadata may not.
///
/// Source: the header sort of azure-storage-blob, whose tables list the same weights. Unconfirmed against the service.
package enum HeaderCollation {
    /// Whether the first of two lower-case names comes before the second.
    package static func isOrdered(_ left: String, _ right: String) -> Bool {
        let first = left.utf8.compactMap(weight)
        let second = right.utf8.compactMap(weight)
        if first != second { return first.lexicographicallyPrecedes(second) }
        // Names that differ only in what was passed over: the one without a hyphen there comes first.
        return left.utf8.lexicographicallyPrecedes(right.utf8, by: hyphenLast)
    }

    /// The place of a character in the order; nil for a hyphen, which is passed over.
    private static func weight(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "-"): nil
        case UInt8(ascii: "_"): 1
        default: byte
        }
    }

    private static func hyphenLast(_ left: UInt8, _ right: UInt8) -> Bool {
        let hyphen = UInt8(ascii: "-")
        if left == hyphen || right == hyphen { return left != hyphen }
        return left < right
    }
}
