extension DocumentID: CustomStringConvertible {
    /// The id as text, injective, for backends whose ids are texts.
    ///
    /// A text that does not start with `=` stands for itself; one that does gets one more `=` in front. Any other type is `=`
    /// and its canonical Extended JSON, such as `={"$oid":"5f43c1..."}`, `={"$numberInt":"7"}`, `=true` or `=null`.
    public var text: String {
        if case .string(let text) = value {
            return text.utf8.first == Self.mark ? "=" + text : text
        }
        var bytes = [Self.mark]
        ExtendedJSON.writeValue(value, mode: .canonical, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many UTF-8 bytes ``text`` has, without making it where it is the id itself.
    package var textByteCount: Int {
        guard case .string(let text) = value else { return text.utf8.count }
        return text.utf8.count + (text.utf8.first == Self.mark ? 1 : 0)
    }

    /// The type of the id; its value may identify people.
    public var description: String { "id of type \(value.bsonType)" }

    /// Reads what `text` writes, and nothing else, so that one id has one text.
    ///
    /// - Throws: `invalidKey` when the text starts with `=` and is not the text of an id.
    public init(text: String) throws(DocumentError) {
        let bytes = text.utf8
        guard bytes.first == Self.mark else {
            self.init(text)
            return
        }
        let content = bytes.dropFirst()
        if content.first == Self.mark {
            self.init(String(decoding: content, as: UTF8.self))
            return
        }
        let value: Value
        do {
            value = try ExtendedJSON.parseValue(Array(content))
        } catch {
            throw DocumentError(
                .invalidKey,
                "The text after = is not the Extended JSON of an id.",
                at: error.byteOffset
            )
        }
        try self.init(value)
        guard self.text.hasSameUTF8(as: text) else {
            throw DocumentError(.invalidKey, "The text of an id is not in its one canonical form.")
        }
    }

    private static var mark: UInt8 { UInt8(ascii: "=") }
}
