/// The `Encoder` that types see; it writes into one node.
struct ValueEncoder: Encoder {
    let node: EncodingNode
    let codingPath: [any CodingKey]
    let sendableUserInfo: [CodingUserInfoKey: any Sendable]

    init(node: EncodingNode, codingPath: [any CodingKey], userInfo: [CodingUserInfoKey: any Sendable]) {
        self.node = node
        self.codingPath = codingPath
        sendableUserInfo = userInfo
    }

    var userInfo: [CodingUserInfoKey: Any] { sendableUserInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.beginDocument()
        return KeyedEncodingContainer(KeyedValueEncoding(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.beginArray()
        return UnkeyedValueEncoding(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleValueEncoding(encoder: self) }

    /// The encoder for a place further inside.
    func encoder(for node: EncodingNode, at key: any CodingKey) -> ValueEncoder {
        ValueEncoder(node: node, codingPath: codingPath + [key], userInfo: sendableUserInfo)
    }

    /// Encodes a value for a place further inside.
    func slot(_ value: some Encodable, at key: any CodingKey) throws -> EncodingSlot {
        try EncodingSlot(value, codingPath: codingPath + [key], userInfo: sendableUserInfo)
    }
}

/// The value of a number of a type that may exceed 64 signed bits.
func encodedInteger(_ number: some FixedWidthInteger, codingPath: @autoclosure () -> [any CodingKey]) throws -> Value {
    guard let number = Int64(exactly: number) else {
        throw EncodingError.invalidValue(
            number,
            EncodingError.Context(codingPath: codingPath(), debugDescription: "The number is beyond 64 signed bits.")
        )
    }
    return .int64(number)
}
