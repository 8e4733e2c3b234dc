/// Each type is the value of a document that it names, for `DocumentEncoder` and all other coders alike.
extension WallTime: Codable {
    /// Writes a date.
    public func encode(to encoder: any Encoder) throws { try encodeNative(to: encoder) }
    /// Reads a date.
    public init(from decoder: any Decoder) throws { self = try decodeNative(from: decoder) }
}

extension ObjectID: Codable {
    /// Writes an object id.
    public func encode(to encoder: any Encoder) throws { try encodeNative(to: encoder) }
    /// Reads an object id.
    public init(from decoder: any Decoder) throws { self = try decodeNative(from: decoder) }
}

extension Binary: Codable {
    /// Writes a binary value.
    public func encode(to encoder: any Encoder) throws { try encodeNative(to: encoder) }
    /// Reads a binary value.
    public init(from decoder: any Decoder) throws { self = try decodeNative(from: decoder) }
}

extension Decimal128: Codable {
    /// Writes a decimal.
    public func encode(to encoder: any Encoder) throws { try encodeNative(to: encoder) }
    /// Reads a decimal.
    public init(from decoder: any Decoder) throws { self = try decodeNative(from: decoder) }
}

extension BSONTimestamp: Codable {
    /// Writes a timestamp.
    public func encode(to encoder: any Encoder) throws { try encodeNative(to: encoder) }
    /// Reads a timestamp.
    public init(from decoder: any Decoder) throws { self = try decodeNative(from: decoder) }
}

extension RegularExpression: Codable {
    /// Writes a regular expression.
    public func encode(to encoder: any Encoder) throws { try encodeNative(to: encoder) }
    /// Reads a regular expression.
    public init(from decoder: any Decoder) throws { self = try decodeNative(from: decoder) }
}

extension DBPointer: Codable {
    /// Writes a DBPointer.
    public func encode(to encoder: any Encoder) throws { try encodeNative(to: encoder) }
    /// Reads a DBPointer.
    public init(from decoder: any Decoder) throws { self = try decodeNative(from: decoder) }
}

extension NativeValue {
    fileprivate func encodeNative(to encoder: any Encoder) throws {
        try (nativeValue ?? .null).encode(to: encoder)
    }
}

private func decodeNative<T: NativeValue>(from decoder: any Decoder) throws -> T {
    let value = try Value(from: decoder)
    guard let native = T(nativeValue: value) else {
        throw DecodingError.typeMismatch(
            T.self,
            DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "Found \(value.bsonType).")
        )
    }
    return native
}
