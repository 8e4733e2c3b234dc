extension DocumentID: CustomStringConvertible {
    /// The id as text, injective, for backends whose ids are texts.
    ///
    /// A text that does not start with `=` stands for itself; one that does gets one more `=` in front. Any other type is `=`
    /// and its canonical Extended JSON, such as `={"$oid":"5f43c1..."}`, `={"$numberInt":"7"}`, `=true` or `=null`.
    public var text: String {
        switch value {
        case .string(let text): text.utf8.first == UInt8(ascii: "=") ? "=" + text : text
        case .null: "=null"
        case .bool(let flag): flag ? "=true" : "=false"
        case .int32(let number): "={\"$numberInt\":\"\(number)\"}"
        case .int64(let number): "={\"$numberLong\":\"\(number)\"}"
        case .objectID(let id): "={\"$oid\":\"\(id)\"}"
        case .date(let time): "={\"$date\":{\"$numberLong\":\"\(time.millisecondsSinceEpoch)\"}}"
        default: preconditionFailure("This type of id has no text yet.")
        }
    }

    /// The type of the id; its value may identify people.
    public var description: String { "id of type \(value.bsonType)" }

    /// Reads what `text` writes, and nothing else, so that one id has one text.
    ///
    /// - Throws: `invalidKey` when the text starts with `=` and is not the text of an id.
    public init(text: String) throws(DocumentError) {
        guard text.utf8.first == UInt8(ascii: "=") else {
            self.init(text)
            return
        }
        let rest = String(text.dropFirst())
        if rest.utf8.first == UInt8(ascii: "=") {
            self.init(rest)
            return
        }
        func content(_ prefix: String, _ suffix: String) -> String? {
            guard rest.hasPrefix(prefix), rest.hasSuffix(suffix) else { return nil }
            return String(rest.dropFirst(prefix.count).dropLast(suffix.count))
        }
        let value: Value? =
            switch rest {
            case "null": .null
            case "true": .bool(true)
            case "false": .bool(false)
            default:
                content("{\"$numberInt\":\"", "\"}").flatMap { Int32($0) }.map { .int32($0) }
                    ?? content("{\"$numberLong\":\"", "\"}").flatMap { Int64($0) }.map { .int64($0) }
                    ?? content("{\"$oid\":\"", "\"}").flatMap { ObjectID($0) }.map { .objectID($0) }
                    ?? content("{\"$date\":{\"$numberLong\":\"", "\"}}").flatMap { Int64($0) }
                    .map { .date(WallTime(millisecondsSinceEpoch: $0)) }
            }
        guard let value else { throw DocumentError(.invalidKey, "The text is not the text of an id.") }
        try self.init(value)
        guard self.text == text else {
            throw DocumentError(.invalidKey, "The text of an id is not in its one canonical form.")
        }
    }
}
