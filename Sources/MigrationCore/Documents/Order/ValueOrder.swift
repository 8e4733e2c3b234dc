/// The one order over all values, the same in every store.
///
/// missing < minKey < undefined < null < false < true < numbers < strings < symbols < dates < timestamps < object ids
/// < binary < regular expressions < DBPointers < JavaScript < JavaScript with scope < arrays < documents < maxKey.
///
/// - Numbers of all four types are compared by their exact mathematical value. NaN comes first, all NaNs are equal, and
///   `-0.0` equals `0`.
/// - Strings, symbols and code are compared by their UTF-8 bytes.
/// - Binary values are compared by length, then subtype, then bytes.
/// - Arrays are compared element by element, then by count.
/// - Documents are compared field by field, each by name and then by value, then by count.
package enum ValueOrder {
    /// Compares two values; nil stands for a missing one.
    package static func compare(_ a: Value?, _ b: Value?) -> Ordering {
        switch (a, b) {
        case (nil, nil): .equal
        case (nil, _): .less
        case (_, nil): .greater
        case (let a?, let b?): compare(a, b)
        }
    }

    /// Whether two values are at the same place of the order: numbers by value whatever their types, all else exactly.
    package static func areEqual(_ a: Value?, _ b: Value?) -> Bool {
        compare(a, b) == .equal
    }

    /// Compares two values.
    package static func compare(_ a: Value, _ b: Value) -> Ordering {
        switch (a, b) {
        case (.int32(let a), .int32(let b)): return Ordering(a, b)
        case (.string(let a), .string(let b)), (.symbol(let a), .symbol(let b)),
            (.javaScript(let a), .javaScript(let b)):
            return Ordering(utf8: a, b)
        case (.bool(let a), .bool(let b)): return Ordering(a ? 1 : 0, b ? 1 : 0)
        case (.date(let a), .date(let b)): return Ordering(a, b)
        case (.timestamp(let a), .timestamp(let b)): return Ordering(a, b)
        case (.objectID(let a), .objectID(let b)): return Ordering(a, b)
        case (.binary(let a), .binary(let b)): return compare(a, b)
        case (.regularExpression(let a), .regularExpression(let b)):
            return Ordering(utf8: a.pattern, b.pattern).then(Ordering(utf8: a.options, b.options))
        case (.dbPointer(let a), .dbPointer(let b)):
            return Ordering(utf8: a.namespace, b.namespace).then(Ordering(a.id, b.id))
        case (.javaScriptWithScope(let a, let scope), .javaScriptWithScope(let b, let other)):
            return Ordering(utf8: a, b).then(compare(scope, other))
        case (.array(let a), .array(let b)): return compare(a, b)
        case (.document(let a), .document(let b)): return compare(a, b)
        default:
            if let a = ExactNumber(a), let b = ExactNumber(b) { return ExactNumber.compare(a, b) }
            return Ordering(rank(a.bsonType), rank(b.bsonType))
        }
    }

    /// Compares two documents field by field.
    package static func compare(_ a: Document, _ b: Document) -> Ordering {
        a.withReader { left, a in
            b.withReader { right, b in
                compare(&a, in: left, &b, in: right, withNames: true)
            }
        }
    }

    /// Compares an element inside a document's bytes with a value, without decoding a text or document.
    package static func compare(_ element: BSONElement, in bytes: UnsafeRawBufferPointer, _ value: Value) -> Ordering {
        switch (element.type, value) {
        case (.string, .string(var text)):
            let range = (element.value.lowerBound + 4)..<(element.value.upperBound - 1)
            return text.withUTF8 {
                Ordering(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]), UnsafeRawBufferPointer($0))
            }
        case (.document, .document(let document)):
            var left = BSONReader(bytes, documentAt: element.value.lowerBound)
            return document.withReader { other, right in
                compare(&left, in: bytes, &right, in: other, withNames: true)
            }
        default:
            return compare(bytes.value(of: element), value)
        }
    }

    private static func compare(_ a: Binary, _ b: Binary) -> Ordering {
        Ordering(a.bytes.count, b.bytes.count)
            .then(Ordering(a.subtype, b.subtype))
            .then(Ordering(bytes: a.bytes, b.bytes))
    }

    private static func compare(_ a: [Value], _ b: [Value]) -> Ordering {
        for (a, b) in zip(a, b) {
            let ordering = compare(a, b)
            if ordering != .equal { return ordering }
        }
        return Ordering(a.count, b.count)
    }

    private static func compare(
        _ a: inout BSONReader,
        in left: UnsafeRawBufferPointer,
        _ b: inout BSONReader,
        in right: UnsafeRawBufferPointer,
        withNames: Bool
    ) -> Ordering {
        while true {
            switch (a.next(), b.next()) {
            case (nil, nil): return .equal
            case (nil, _): return .less
            case (_, nil): return .greater
            case (let a?, let b?):
                if withNames {
                    let ordering = Ordering(
                        bytes: UnsafeRawBufferPointer(rebasing: left[a.name]),
                        UnsafeRawBufferPointer(rebasing: right[b.name])
                    )
                    if ordering != .equal { return ordering }
                }
                let ordering = compare(a, in: left, b, in: right)
                if ordering != .equal { return ordering }
            }
        }
    }

    private static func compare(
        _ a: BSONElement,
        in left: UnsafeRawBufferPointer,
        _ b: BSONElement,
        in right: UnsafeRawBufferPointer
    ) -> Ordering {
        guard a.type == b.type, a.type == .document || a.type == .array else {
            return compare(left.value(of: a), right.value(of: b))
        }
        var inner = BSONReader(left, documentAt: a.value.lowerBound)
        var other = BSONReader(right, documentAt: b.value.lowerBound)
        return compare(&inner, in: left, &other, in: right, withNames: a.type == .document)
    }

    /// The place of a type in the order; all numbers share one.
    package static func rank(_ type: BSONType) -> Int {
        switch type {
        case .minKey: 1
        case .undefined: 2
        case .null: 3
        case .bool: 4
        case .double, .int32, .int64, .decimal128: 5
        case .string: 6
        case .symbol: 7
        case .date: 8
        case .timestamp: 9
        case .objectID: 10
        case .binary: 11
        case .regularExpression: 12
        case .dbPointer: 13
        case .javaScript: 14
        case .javaScriptWithScope: 15
        case .array: 16
        case .document: 17
        case .maxKey: 18
        }
    }
}
