internal import MigrationCore

/// The part of a filter that the service can evaluate: a condition that holds wherever the filter does.
///
/// Only equality with texts, flags and null is sent, where the service's answer is the defined one; the rest, and the final
/// word, is the library's.
struct PushedFilter {
    private(set) var parameters: [(name: String, value: Value)] = []

    /// The condition in SQL; nil when there is nothing to send.
    mutating func condition(for filter: Filter) -> String? {
        switch filter {
        case .equal(let path, let value):
            guard let place = Self.place(path), Self.isPlain(value) else { return nil }
            return "\(place) = \(parameter(value))"
        case .oneOf(let path, let values):
            guard let place = Self.place(path), !values.isEmpty, values.count <= 100, values.allSatisfy(Self.isPlain)
            else { return nil }
            return "\(place) IN (\(values.map { parameter($0) }.joined(separator: ", ")))"
        case .and(let filters):
            let conditions = filters.compactMap { condition(for: $0) }
            return conditions.isEmpty ? nil : conditions.map { "(\($0))" }.joined(separator: " AND ")
        case .or(let filters):
            let before = parameters
            var conditions: [String] = []
            for filter in filters {
                guard let condition = condition(for: filter) else {
                    parameters = before
                    return nil
                }
                conditions.append(condition)
            }
            return conditions.isEmpty ? nil : conditions.map { "(\($0))" }.joined(separator: " OR ")
        default: return nil
        }
    }

    private mutating func parameter(_ value: Value) -> String {
        let name = "@p\(parameters.count)"
        parameters.append((name, value))
        return name
    }

    private static func isPlain(_ value: Value) -> Bool {
        switch value {
        case .string, .bool, .null: true
        default: false
        }
    }

    /// A path whose members have plain names, none of which may be the index of an array, or the item's own.
    private static func place(_ path: FieldPath) -> String? {
        let reserved: Set<String> = ["id", "ttl", ItemForm.own, ItemForm.partition]
        guard let first = path.components.first, !reserved.contains(first), !ItemForm.systemNames.contains(first),
            path.components.allSatisfy(isPlainName)
        else { return nil }
        return "c" + path.components.map { "[\"\($0)\"]" }.joined()
    }

    private static func isPlainName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...100).contains(bytes.count) else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
    }
}
