internal import MigrationCore

/// Filters and sorts over the values that generated documents hold: missing, null, booleans, integers, doubles and texts.
///
/// The one order over all types is specified by the table of the suite; here it is said again for these few, in its own words.
enum ModelQuery {
    static func matches(_ filter: Filter, _ document: Document) -> Bool {
        switch filter {
        case .all: return true
        case .and(let filters): return !filters.contains { !matches($0, document) }
        case .or(let filters): return filters.contains { matches($0, document) }
        case .not(let filter): return !matches(filter, document)
        case .exists(let path): return document[path: path] != nil
        case .equal(let path, let value): return compare(document[path: path], value, sameKind: true) == 0
        case .less(let path, let value): return (compare(document[path: path], value, sameKind: true) ?? 0) < 0
        case .greater(let path, let value): return (compare(document[path: path], value, sameKind: true) ?? 0) > 0
        case .lessOrEqual(let path, let value): return (compare(document[path: path], value, sameKind: true) ?? 1) <= 0
        case .greaterOrEqual(let path, let value):
            return (compare(document[path: path], value, sameKind: true) ?? -1) >= 0
        case .oneOf(let path, let values):
            return values.contains { compare(document[path: path], $0, sameKind: true) == 0 }
        case .hasPrefix(let path, let prefix):
            guard case .string(let text)? = document[path: path] else { return false }
            return Array(text.utf8).starts(with: Array(prefix.utf8))
        case .contains(let path, let value):
            guard case .array(let elements)? = document[path: path] else { return false }
            return elements.contains { compare($0, value, sameKind: true) == 0 }
        }
    }

    /// -1, 0 or 1; `nil` for values of different kinds when these cannot be compared.
    static func compare(_ a: Value?, _ b: Value?, sameKind: Bool) -> Int? {
        let left = rank(a)
        let right = rank(b)
        guard left == right else { return sameKind ? nil : (left < right ? -1 : 1) }
        switch (a, b) {
        case (.bool(let a)?, .bool(let b)?): return a == b ? 0 : (b ? -1 : 1)
        case (.string(let a)?, .string(let b)?):
            if Array(a.utf8) == Array(b.utf8) { return 0 }
            return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        default:
            guard let a = number(a), let b = number(b) else { return left == 0 && sameKind ? nil : 0 }
            return a == b ? 0 : (a < b ? -1 : 1)
        }
    }

    static func sorted(
        _ entries: [(DocumentKey, Document)],
        by fields: [SortField]
    ) -> [(DocumentKey, Document)] {
        entries.sorted { a, b in
            for field in fields {
                let order = compare(a.1[path: field.path], b.1[path: field.path], sameKind: false) ?? 0
                if order != 0 { return field.direction == .ascending ? order < 0 : order > 0 }
            }
            return a.0.id.text.utf8.lexicographicallyPrecedes(b.0.id.text.utf8)
        }
    }

    private static func rank(_ value: Value?) -> Int {
        switch value {
        case nil: 0
        case .null?: 1
        case .bool?: 2
        case .int32?, .int64?, .double?: 3
        case .string?: 4
        case .array?: 5
        default: 6
        }
    }

    private static func number(_ value: Value?) -> Double? {
        switch value {
        case .int32(let number)?: Double(number)
        case .int64(let number)?: Double(number)
        case .double(let number)?: number
        default: nil
        }
    }
}
