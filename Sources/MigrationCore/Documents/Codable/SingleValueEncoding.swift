/// The one value that a type encodes itself as.
struct SingleValueEncoding: SingleValueEncodingContainer {
    let encoder: ValueEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    private func set(_ value: Value) { encoder.node.set(.value(value)) }

    func encodeNil() throws { set(.null) }

    func encode(_ value: Bool) throws { set(.bool(value)) }
    func encode(_ value: String) throws { set(.string(value)) }
    func encode(_ value: Double) throws { set(.double(value)) }
    func encode(_ value: Float) throws { set(.double(Double(value))) }
    func encode(_ value: Int) throws { set(.int64(Int64(value))) }
    func encode(_ value: Int8) throws { set(.int32(Int32(value))) }
    func encode(_ value: Int16) throws { set(.int32(Int32(value))) }
    func encode(_ value: Int32) throws { set(.int32(value)) }
    func encode(_ value: Int64) throws { set(.int64(value)) }
    func encode(_ value: UInt) throws { set(try encodedInteger(value, codingPath: codingPath)) }
    func encode(_ value: UInt8) throws { set(.int32(Int32(value))) }
    func encode(_ value: UInt16) throws { set(.int32(Int32(value))) }
    func encode(_ value: UInt32) throws { set(.int64(Int64(value))) }
    func encode(_ value: UInt64) throws { set(try encodedInteger(value, codingPath: codingPath)) }

    func encode(_ value: some Encodable) throws {
        encoder.node.set(try EncodingSlot(value, codingPath: codingPath, userInfo: encoder.sendableUserInfo))
    }
}
