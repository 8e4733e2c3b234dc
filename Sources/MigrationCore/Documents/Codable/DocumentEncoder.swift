/// Makes documents from `Encodable` types.
///
/// ```swift
/// struct Mail: Codable { var subject: String; var sent: Date; var size: Int }
/// let document = try DocumentEncoder().encode(mail)
/// ```
///
/// What becomes what:
/// - `Bool`, `String`, `Double` and `Float` become the value of that name; `Float` widens to `double`.
/// - `Int8`, `Int16`, `Int32`, `UInt8` and `UInt16` become `int32`; all other integers become `int64`, so that a field has
///   the same type in every document. A `UInt` or `UInt64` beyond `Int64` is an error.
/// - `Value`, `Document`, `WallTime`, `ObjectID`, `Binary` and `Decimal128` become themselves.
/// - `Date` becomes a date in milliseconds, `UUID` binary of subtype 4, `Data` binary of subtype 0, `Decimal` a decimal
///   and `URL` its text.
/// - Keyed containers become documents, unkeyed ones arrays. A key that is encoded twice keeps its place and the last value.
public struct DocumentEncoder: Sendable {
    /// Passed to the types that are encoded.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Makes an encoder.
    public init() {}

    /// Makes a document.
    ///
    /// - Throws: `EncodingError` with the coding path when a value or name cannot be held by a document, or when the value
    ///   does not encode itself as a keyed container; and whatever the types throw themselves.
    public func encode(_ value: some Encodable) throws -> Document {
        guard case .document(let document) = try encodeValue(value) else {
            throw EncodingError.invalidValue(
                value,
                EncodingError.Context(codingPath: [], debugDescription: "A document is made from a keyed container.")
            )
        }
        return document
    }

    /// Makes a single value of a document, which may be a scalar or an array.
    ///
    /// - Throws: as ``encode(_:)`` does.
    public func encodeValue(_ value: some Encodable) throws -> Value {
        try EncodingSlot(value, codingPath: [], userInfo: userInfo).finished()
    }
}
