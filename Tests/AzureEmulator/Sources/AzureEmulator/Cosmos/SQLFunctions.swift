/// The functions of the query language that are served.
enum SQLFunctions {
    static let known: Set<String> = [
        "IS_DEFINED", "IS_NULL", "IS_BOOL", "IS_NUMBER", "IS_STRING", "IS_ARRAY", "IS_OBJECT", "IS_PRIMITIVE",
        "STARTSWITH", "ENDSWITH", "CONTAINS", "LENGTH", "LOWER", "UPPER", "CONCAT", "SUBSTRING", "INDEX_OF",
        "ARRAY_CONTAINS", "ARRAY_LENGTH", "ABS", "FLOOR", "CEILING", "ROUND",
    ]

    static func call(_ name: String, _ arguments: [JSON?]) -> JSON? {
        let first = arguments.first ?? nil
        let second = arguments.count > 1 ? arguments[1] : nil
        if name.hasPrefix("IS_") { return .bool(isOfType(name, first)) }
        switch name {
        case "STARTSWITH", "ENDSWITH", "CONTAINS", "INDEX_OF": return search(name, first, second, arguments)
        case "LENGTH": return first?.string.map { .integer($0.unicodeScalars.count) }
        case "LOWER": return first?.string.map { .string($0.lowercased()) }
        case "UPPER": return first?.string.map { .string($0.uppercased()) }
        case "CONCAT":
            let texts = arguments.compactMap { $0?.string }
            return texts.count == arguments.count ? .string(texts.joined()) : nil
        case "SUBSTRING":
            guard let text = first?.string, let start = second?.integer, start >= 0,
                let count = (arguments.count > 2 ? arguments[2] : nil)?.integer, count >= 0
            else { return nil }
            return .string(String(text.dropFirst(start).prefix(count)))
        case "ARRAY_LENGTH": return first?.array.map { .integer($0.count) }
        case "ARRAY_CONTAINS":
            guard let elements = first?.array, let second else { return nil }
            return .bool(elements.contains { SQLOrder.areEqual($0, second) })
        default: return first?.double.map { .number(CosmosNumber.text(rounded(name, $0))) }
        }
    }

    private static func isOfType(_ name: String, _ value: JSON?) -> Bool {
        switch name {
        case "IS_DEFINED": value != nil
        case "IS_NULL": value == .null
        case "IS_BOOL": value?.bool != nil
        case "IS_NUMBER": value?.double != nil
        case "IS_STRING": value?.string != nil
        case "IS_ARRAY": value?.array != nil
        case "IS_OBJECT": value?.members != nil
        default: value != nil && value?.array == nil && value?.members == nil
        }
    }

    private static func search(_ name: String, _ first: JSON?, _ second: JSON?, _ arguments: [JSON?]) -> JSON? {
        guard var text = first?.string, var part = second?.string else { return nil }
        if arguments.count > 2, arguments[2]?.bool == true {
            text = text.lowercased()
            part = part.lowercased()
        }
        let (bytes, sought) = (Array(text.utf8), Array(part.utf8))
        switch name {
        case "STARTSWITH": return .bool(bytes.starts(with: sought))
        case "ENDSWITH": return .bool(bytes.suffix(sought.count).elementsEqual(sought))
        default: break
        }
        let index = sought.isEmpty ? 0 : bytes.firstRange(of: sought)?.lowerBound
        if name == "CONTAINS" { return .bool(index != nil) }
        return .integer(index.map { String(decoding: bytes[..<$0], as: UTF8.self).unicodeScalars.count } ?? -1)
    }

    private static func rounded(_ name: String, _ value: Double) -> Double {
        switch name {
        case "ABS": value.magnitude
        case "FLOOR": value.rounded(.down)
        case "CEILING": value.rounded(.up)
        default: value.rounded()
        }
    }
}
