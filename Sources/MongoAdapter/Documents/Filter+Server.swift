internal import MigrationCore

extension Filter {
    /// A condition for the server that holds for every document that the filter matches, and perhaps for others.
    ///
    /// MongoDB's answers differ from the defined ones in many corners (arrays, null and missing, NaN, symbols, fields with dots), so
    /// the filter itself always decides, on what the server sends; this only spares sending what cannot match. Documents whose
    /// body lies wrapped in the hidden field are always sent. nil when the server cannot leave anything out.
    var serverPrefilter: Document? {
        guard let condition = superset else { return nil }
        return ["$or": [["\(StoredForm.bodyPath)": ["$exists": true]], .document(condition)]]
    }

    /// nil stands for every document.
    private var superset: Document? {
        switch self {
        case .all, .not: nil
        case .equal(let path, let value), .contains(let path, let value):
            path.serverName.flatMap { name in value.isComparedBySuperset ? [name: ["$eq": value]] : nil }
        case .less(let path, let value): Self.range(path, "$lt", value)
        case .lessOrEqual(let path, let value): Self.range(path, "$lte", value)
        case .greater(let path, let value): Self.range(path, "$gt", value)
        case .greaterOrEqual(let path, let value): Self.range(path, "$gte", value)
        case .oneOf(let path, let values):
            path.serverName.flatMap { name in
                values.allSatisfy(\.isComparedBySuperset) ? [name: ["$in": .array(values)]] : nil
            }
        case .exists(let path): path.serverName.map { [$0: ["$exists": true]] }
        case .hasPrefix(let path, let prefix): path.serverName.map { [$0: ["$gte": .string(prefix)]] }
        case .and(let filters):
            Self.joined("$and", filters.compactMap(\.superset))
        case .or(let filters):
            filters.isEmpty || filters.contains { $0.superset == nil }
                ? nil : Self.joined("$or", filters.compactMap(\.superset))
        }
    }

    private static func joined(_ operation: String, _ conditions: [Document]) -> Document? {
        conditions.isEmpty ? nil : [operation: .array(conditions.map(Value.document))]
    }

    /// Only for types that both orders compare alike; NaN, which the portable order puts before all numbers, is added.
    private static func range(_ path: FieldPath, _ operation: String, _ value: Value) -> Document? {
        guard let name = path.serverName, value.isComparedBySuperset else { return nil }
        let condition: Document = [name: .document([operation: value])]
        switch value {
        case .int32, .int64, .double:
            return ["$or": [.document(condition), .document([name: ["$eq": .double(.nan)]])]]
        case .string, .date, .objectID: return condition
        default: return nil
        }
    }
}

extension FieldPath {
    /// The path as the server writes it; nil where it would mean something else there.
    ///
    /// `_id` is left out because a body without one still has one in MongoDB, perhaps in another form.
    fileprivate var serverName: String? {
        let isPlain = components.allSatisfy { component in
            !component.isEmpty && !component.hasPrefix("$") && !component.utf8.contains { $0 == 0x2E || $0 == 0 }
        }
        guard isPlain, let first = components.first, first != "_id", first != StoredForm.field else { return nil }
        return components.joined(separator: ".")
    }
}

extension Value {
    /// Whether the server finds at least the values that are equal to this one in the portable order.
    fileprivate var isComparedBySuperset: Bool {
        switch self {
        case .string, .bool, .int32, .int64, .date, .objectID: true
        case .double(let number): !number.isNaN
        default: false
        }
    }
}
