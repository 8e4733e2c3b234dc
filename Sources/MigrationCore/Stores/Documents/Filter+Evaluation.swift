extension Filter {
    /// The deepest nesting of `and`, `or` and `not` that is accepted.
    package static let maximumDepth = 64

    /// Whether a document is selected. This is the definition that every store's own way of filtering must agree with.
    package func matches(_ document: Document) -> Bool {
        switch self {
        case .all: true
        case .equal(let path, let operand): document.compare(at: path, with: operand) == .equal
        case .less(let path, let operand): compare(document, path, operand) { $0 == .less }
        case .lessOrEqual(let path, let operand): compare(document, path, operand) { $0 != .greater }
        case .greater(let path, let operand): compare(document, path, operand) { $0 == .greater }
        case .greaterOrEqual(let path, let operand): compare(document, path, operand) { $0 != .less }
        case .oneOf(let path, let operands):
            document.withElement(at: path) { bytes, element in
                guard let element else { return false }
                return operands.contains { ValueOrder.compare(element, in: bytes, $0) == .equal }
            }
        case .exists(let path): document.contains(path)
        case .hasPrefix(let path, let prefix):
            if case .string(let text) = document[path] { text.utf8.starts(with: prefix.utf8) } else { false }
        case .contains(let path, let operand):
            if case .array(let elements) = document[path] {
                elements.contains { ValueOrder.areEqual($0, operand) }
            } else {
                false
            }
        case .and(let filters): filters.allSatisfy { $0.matches(document) }
        case .or(let filters): filters.contains { $0.matches(document) }
        case .not(let filter): !filter.matches(document)
        }
    }

    /// Compares within one kind of values: what has the same rank in the order, with all numbers as one kind.
    private func compare(
        _ document: Document,
        _ path: FieldPath,
        _ operand: Value,
        _ accepts: (Ordering) -> Bool
    ) -> Bool {
        document.withElement(at: path) { bytes, element in
            guard let element, ValueOrder.rank(element.type) == ValueOrder.rank(operand.bsonType) else { return false }
            return accepts(ValueOrder.compare(element, in: bytes, operand))
        }
    }

    /// Throws `invalidArgument` for a filter that is nested too deeply.
    package func check(depth: Int = 0) throws(StoreError) {
        guard depth <= Filter.maximumDepth else {
            throw StoreError(
                .invalidArgument,
                "The filter is nested deeper than \(Filter.maximumDepth) levels; flatten it."
            )
        }
        switch self {
        case .and(let filters), .or(let filters): for filter in filters { try filter.check(depth: depth + 1) }
        case .not(let filter): try filter.check(depth: depth + 1)
        default: break
        }
    }

    /// The filter as a value: how a continuation recognises its query.
    package var encoded: Value {
        switch self {
        case .all: "all"
        case .equal(let path, let value): Filter.encode("equal", path, value)
        case .less(let path, let value): Filter.encode("less", path, value)
        case .lessOrEqual(let path, let value): Filter.encode("lessOrEqual", path, value)
        case .greater(let path, let value): Filter.encode("greater", path, value)
        case .greaterOrEqual(let path, let value): Filter.encode("greaterOrEqual", path, value)
        case .oneOf(let path, let values): Filter.encode("oneOf", path, .array(values))
        case .exists(let path): Filter.encode("exists", path, nil)
        case .hasPrefix(let path, let prefix): Filter.encode("hasPrefix", path, .string(prefix))
        case .contains(let path, let value): Filter.encode("contains", path, value)
        case .and(let filters): ["and", .array(filters.map(\.encoded))]
        case .or(let filters): ["or", .array(filters.map(\.encoded))]
        case .not(let filter): ["not", filter.encoded]
        }
    }

    private static func encode(_ name: String, _ path: FieldPath, _ value: Value?) -> Value {
        .array([.string(name), path.encoded] + (value.map { [$0] } ?? []))
    }
}

extension FieldPath {
    /// The path as a value, unambiguous whatever its components hold.
    package var encoded: Value { .array(components.map(Value.string)) }
}
