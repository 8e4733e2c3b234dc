/// What was encoded at one place: a finished value, or a container that may still grow.
enum EncodingSlot {
    case value(Value)
    case node(EncodingNode)

    /// Encodes a value.
    init<T: Encodable>(_ value: T, codingPath: [any CodingKey], userInfo: [CodingUserInfoKey: any Sendable]) throws {
        if let native = value as? any NativeValue {
            guard let nativeValue = native.nativeValue else {
                throw EncodingError.invalidValue(
                    value,
                    EncodingError.Context(
                        codingPath: codingPath,
                        debugDescription: "A document cannot hold this value."
                    )
                )
            }
            self = .value(nativeValue)
            return
        }
        let node = EncodingNode(codingPath: codingPath)
        try value.encode(to: ValueEncoder(node: node, codingPath: codingPath, userInfo: userInfo))
        self = .node(node)
    }

    /// The finished value.
    func finished() throws -> Value {
        switch self {
        case .value(let value): value
        case .node(let node): try node.finished()
        }
    }
}
