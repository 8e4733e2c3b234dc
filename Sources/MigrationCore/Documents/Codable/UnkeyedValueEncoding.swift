/// The elements of an array that is being encoded.
struct UnkeyedValueEncoding: UnkeyedEncodingContainer {
    let encoder: ValueEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    var count: Int { encoder.node.count }

    private var nextKey: ValueKey { ValueKey(index: count) }

    private func append(_ value: Value) { encoder.node.append(.value(value)) }

    func encodeNil() throws { append(.null) }

    func encode(_ value: Bool) throws { append(.bool(value)) }
    func encode(_ value: String) throws { append(.string(value)) }
    func encode(_ value: Double) throws { append(.double(value)) }
    func encode(_ value: Float) throws { append(.double(Double(value))) }
    func encode(_ value: Int) throws { append(.int64(Int64(value))) }
    func encode(_ value: Int8) throws { append(.int32(Int32(value))) }
    func encode(_ value: Int16) throws { append(.int32(Int32(value))) }
    func encode(_ value: Int32) throws { append(.int32(value)) }
    func encode(_ value: Int64) throws { append(.int64(value)) }
    func encode(_ value: UInt) throws { append(try encodedInteger(value, codingPath: codingPath + [nextKey])) }
    func encode(_ value: UInt8) throws { append(.int32(Int32(value))) }
    func encode(_ value: UInt16) throws { append(.int32(Int32(value))) }
    func encode(_ value: UInt32) throws { append(.int64(Int64(value))) }
    func encode(_ value: UInt64) throws { append(try encodedInteger(value, codingPath: codingPath + [nextKey])) }

    func encode(_ value: some Encodable) throws { encoder.node.append(try encoder.slot(value, at: nextKey)) }

    func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        nextEncoder().container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nextEncoder().unkeyedContainer() }

    func superEncoder() -> any Encoder { nextEncoder() }

    private func nextEncoder() -> ValueEncoder {
        let key = nextKey
        let node = EncodingNode(codingPath: codingPath + [key])
        encoder.node.append(.node(node))
        return encoder.encoder(for: node, at: key)
    }
}
