/// The fields of a document that is being encoded.
struct KeyedValueEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    private func set(_ value: Value, _ key: Key) {
        encoder.node.set(.value(value), forKey: key.stringValue)
    }

    func encodeNil(forKey key: Key) throws { set(.null, key) }

    func encode(_ value: Bool, forKey key: Key) throws { set(.bool(value), key) }
    func encode(_ value: String, forKey key: Key) throws { set(.string(value), key) }
    func encode(_ value: Double, forKey key: Key) throws { set(.double(value), key) }
    func encode(_ value: Float, forKey key: Key) throws { set(.double(Double(value)), key) }
    func encode(_ value: Int, forKey key: Key) throws { set(.int64(Int64(value)), key) }
    func encode(_ value: Int8, forKey key: Key) throws { set(.int32(Int32(value)), key) }
    func encode(_ value: Int16, forKey key: Key) throws { set(.int32(Int32(value)), key) }
    func encode(_ value: Int32, forKey key: Key) throws { set(.int32(value), key) }
    func encode(_ value: Int64, forKey key: Key) throws { set(.int64(value), key) }
    func encode(_ value: UInt, forKey key: Key) throws {
        set(try encodedInteger(value, codingPath: codingPath + [key]), key)
    }
    func encode(_ value: UInt8, forKey key: Key) throws { set(.int32(Int32(value)), key) }
    func encode(_ value: UInt16, forKey key: Key) throws { set(.int32(Int32(value)), key) }
    func encode(_ value: UInt32, forKey key: Key) throws { set(.int64(Int64(value)), key) }
    func encode(_ value: UInt64, forKey key: Key) throws {
        set(try encodedInteger(value, codingPath: codingPath + [key]), key)
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        encoder.node.set(try encoder.slot(value, at: key), forKey: key.stringValue)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        encoder.encoder(for: encoder.node.node(forKey: key), at: key).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder.encoder(for: encoder.node.node(forKey: key), at: key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { superEncoder(at: ValueKey.super) }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(at: key) }

    private func superEncoder(at key: any CodingKey) -> any Encoder {
        encoder.encoder(for: encoder.node.node(forKey: key), at: key)
    }
}
