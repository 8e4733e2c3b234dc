extension Value: Hashable {
    /// Whether both values have the same type and the same BSON bytes.
    public static func == (a: Value, b: Value) -> Bool {
        switch (a, b) {
        case (.double(let a), .double(let b)): a.bitPattern == b.bitPattern
        case (.string(let a), .string(let b)), (.javaScript(let a), .javaScript(let b)),
            (.symbol(let a), .symbol(let b)):
            a.hasSameUTF8(as: b)
        case (.document(let a), .document(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.binary(let a), .binary(let b)): a == b
        case (.objectID(let a), .objectID(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        case (.date(let a), .date(let b)): a == b
        case (.regularExpression(let a), .regularExpression(let b)): a == b
        case (.dbPointer(let a), .dbPointer(let b)): a == b
        case (.javaScriptWithScope(let a, let scope), .javaScriptWithScope(let b, let other)):
            a.hasSameUTF8(as: b) && scope == other
        case (.int32(let a), .int32(let b)): a == b
        case (.timestamp(let a), .timestamp(let b)): a == b
        case (.int64(let a), .int64(let b)): a == b
        case (.decimal128(let a), .decimal128(let b)): a == b
        case (.undefined, .undefined), (.null, .null), (.minKey, .minKey), (.maxKey, .maxKey): true
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(bsonType)
        switch self {
        case .double(let number): hasher.combine(number.bitPattern)
        case .string(let text), .javaScript(let text), .symbol(let text): hasher.combineUTF8(of: text)
        case .document(let document): hasher.combine(document)
        case .array(let elements): hasher.combine(elements)
        case .binary(let binary): hasher.combine(binary)
        case .objectID(let id): hasher.combine(id)
        case .bool(let flag): hasher.combine(flag)
        case .date(let time): hasher.combine(time)
        case .regularExpression(let expression): hasher.combine(expression)
        case .dbPointer(let pointer): hasher.combine(pointer)
        case .javaScriptWithScope(let code, let scope):
            hasher.combineUTF8(of: code)
            hasher.combine(scope)
        case .int32(let number): hasher.combine(number)
        case .timestamp(let timestamp): hasher.combine(timestamp)
        case .int64(let number): hasher.combine(number)
        case .decimal128(let number): hasher.combine(number)
        case .undefined, .null, .minKey, .maxKey: break
        }
    }
}
