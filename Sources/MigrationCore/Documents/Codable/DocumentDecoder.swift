/// Makes `Decodable` types from documents; the inverse of `DocumentEncoder`.
///
/// What becomes what:
/// - An integer type takes `int32` and `int64` that it can hold, and a `double` without fraction.
/// - `Double` takes all three number types when nothing is lost; `Float` rounds a double that it cannot hold exactly.
/// - `Value`, `Document`, `WallTime`, `ObjectID`, `Binary`, `Decimal128`, `Date`, `UUID`, `Data`, `Decimal` and `URL` take
///   what the encoder makes from them; `UUID` takes its text as well, and `Decimal` takes integers.
/// - An optional property is nil when the field is missing or null.
///
/// Fields that a type does not ask for are ignored.
public struct DocumentDecoder: Sendable {
    /// Passed to the types that are decoded.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Makes a decoder.
    public init() {}

    /// Makes a value of a type from a document.
    ///
    /// - Throws: `DecodingError` with the coding path when a field is missing, null, of another type or out of range; and
    ///   whatever the types throw themselves.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from document: Document) throws -> T {
        try decode(type, from: .document(document))
    }

    /// Makes a value of a type from a single value of a document.
    ///
    /// - Throws: as decoding from a document does.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from value: Value) throws -> T {
        try ValueDecoder(value: value, codingPath: [], userInfo: userInfo).decode(type)
    }
}
