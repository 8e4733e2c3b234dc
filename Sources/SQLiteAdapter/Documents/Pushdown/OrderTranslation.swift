internal import MigrationCore

/// Translates sort fields into SQL over the column `body` of canonical bodies.
///
/// A field becomes three columns that SQL compares one after the other: rank, number and text. Values whose order SQL does not
/// know, such as arrays, decimals, and doubles of more digits than SQLite reads exactly, have the rank -1.
struct OrderTranslation {
    var translation: FilterTranslation

    /// The columns of one field: `rankN`, `numberN` and `textN`.
    mutating func columns(_ index: Int, at path: BodyPath) -> String {
        """
        \(rank(path)) AS rank\(index), \(number(path)) AS number\(index), \(text(path)) AS text\(index)
        """
    }

    private mutating func rank(_ path: BodyPath) -> String {
        let (type, json, fraction) = (translation.type(path), translation.json(path), translation.fraction(path))
        return """
            CASE coalesce(\(type), '') WHEN '' THEN \(Rank.missing) WHEN 'null' THEN \(Rank.null) \
            WHEN 'false' THEN \(Rank.false) WHEN 'true' THEN \(Rank.true) \
            WHEN 'text' THEN CASE WHEN instr(\(json), '\\u0000') THEN -1 ELSE \(Rank.text) END \
            WHEN 'object' THEN CASE \
            WHEN \(translation.integer(path)) IS NOT NULL THEN \(Rank.number) \
            WHEN \(translation.type(path.member("$numberDouble"))) IS NOT NULL \
            AND length(\(fraction)) <= \(Self.maximumDoubleLength) AND instr(\(fraction), 'E') = 0 \
            AND instr(\(fraction), 'N') = 0 AND instr(\(fraction), 'I') = 0 THEN \(Rank.number) \
            WHEN \(translation.type(path.member("$date"))) IS NOT NULL THEN \(Rank.date) \
            WHEN \(translation.type(path.member("$oid"))) IS NOT NULL THEN \(Rank.objectID) ELSE -1 END \
            ELSE -1 END
            """
    }

    private mutating func number(_ path: BodyPath) -> String {
        let fraction = translation.fraction(path)
        return """
            coalesce(CAST(\(translation.integer(path)) AS INTEGER), CASE WHEN substr(\(fraction), -2) = '.0' \
            THEN CAST(\(fraction) AS INTEGER) ELSE CAST(\(fraction) AS REAL) END, \
            CAST(\(translation.value(path.member("$date", "$numberLong"))) AS INTEGER), 0)
            """
    }

    private mutating func text(_ path: BodyPath) -> String {
        """
        CASE WHEN \(translation.type(path)) = 'text' THEN \(translation.value(path)) \
        ELSE coalesce(\(translation.value(path.member("$oid"))), '') END
        """
    }

    /// The columns of a value, as an SQL list; nil for one whose order SQL does not know.
    mutating func columns(of value: Value?) -> String? {
        func integer(_ number: Int64) -> String { translation.parameters.integer(number) }
        switch value {
        case nil: return "\(Rank.missing), 0, ''"
        case .null: return "\(Rank.null), 0, ''"
        case .bool(let flag): return "\(flag ? Rank.true : Rank.false), 0, ''"
        case .int32(let number): return "\(Rank.number), \(integer(Int64(number))), ''"
        case .int64(let number): return "\(Rank.number), \(integer(number)), ''"
        case .double(let number):
            guard let text = Self.shortText(of: number) else { return nil }
            let kind = text.hasSuffix(".0") ? "INTEGER" : "REAL"
            return "\(Rank.number), CAST(\(translation.parameters.text(text)) AS \(kind)), ''"
        case .string(let text):
            return text.utf8.contains(0) ? nil : "\(Rank.text), 0, \(translation.parameters.text(text))"
        case .date(let time): return "\(Rank.date), \(integer(time.millisecondsSinceEpoch)), ''"
        case .objectID(let id): return "\(Rank.objectID), 0, \(translation.parameters.text(id.description))"
        default: return nil
        }
    }

    /// The text of a double that SQLite reads without changing its place among other such doubles and the integers: up to
    /// fifteen digits, of which any two differ by several units in the last place of a double.
    private static func shortText(of number: Double) -> String? {
        guard number.isFinite, case let text = Value.double(number).plainDoubleText,
            text.utf8.count <= maximumDoubleLength,
            !text.utf8.contains(UInt8(ascii: "E"))
        else { return nil }
        return text
    }

    /// Fifteen digits and a point.
    private static let maximumDoubleLength = 16
}

/// The ranks in the order over all values, as far as SQL knows it.
private enum Rank {
    static let missing = 0
    static let null = 1
    static let `false` = 2
    static let `true` = 3
    static let number = 4
    static let text = 5
    static let date = 6
    static let objectID = 7
}

extension Value {
    /// What stands between the quotes in the canonical text of a double.
    fileprivate var plainDoubleText: String {
        let text = String(decoding: canonicalText, as: UTF8.self)
        return String(text.split(separator: "\"", omittingEmptySubsequences: false).dropFirst(3).first ?? "")
    }
}
