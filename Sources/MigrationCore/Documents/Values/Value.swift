/// One value of a document: every type that BSON has, and with them every type that any of the backends holds.
///
/// Switch over it to handle all of them, or write literals: `["name": "Ada", "age": 36, "tags": ["a", "b"], "left": nil]`.
/// Two values are equal when their BSON bytes are: types count (`int32(1)` is not `int64(1)`), NaN equals the same NaN,
/// and `0.0` is not `-0.0`. To compare by mathematical value, filters and sorts use one defined order instead.
public enum Value: Sendable {
    /// A 64-bit floating point number; NaN and the infinities are allowed.
    case double(Double)
    /// Text.
    case string(String)
    /// An embedded document.
    case document(Document)
    /// A list of values.
    case array([Value])
    /// Bytes with a subtype.
    case binary(Binary)
    /// BSON's deprecated "undefined".
    case undefined
    /// A 12-byte identifier.
    case objectID(ObjectID)
    /// True or false.
    case bool(Bool)
    /// A point in time, in milliseconds.
    case date(WallTime)
    /// The value null; a field that is null is not a field that is missing.
    case null
    /// A pattern with its options.
    case regularExpression(RegularExpression)
    /// BSON's deprecated reference to a document.
    case dbPointer(DBPointer)
    /// JavaScript source text.
    case javaScript(String)
    /// BSON's deprecated symbol.
    case symbol(String)
    /// JavaScript source text with the variables that it sees.
    case javaScriptWithScope(String, Document)
    /// A 32-bit integer.
    case int32(Int32)
    /// MongoDB's internal timestamp; for points in time use `date`.
    case timestamp(BSONTimestamp)
    /// A 64-bit integer.
    case int64(Int64)
    /// A decimal floating point number with 34 digits.
    case decimal128(Decimal128)
    /// Sorts before every other value.
    case minKey
    /// Sorts after every other value.
    case maxKey
}

extension Value {
    /// The type tag that this value has in BSON.
    package var bsonType: BSONType {
        switch self {
        case .double: .double
        case .string: .string
        case .document: .document
        case .array: .array
        case .binary: .binary
        case .undefined: .undefined
        case .objectID: .objectID
        case .bool: .bool
        case .date: .date
        case .null: .null
        case .regularExpression: .regularExpression
        case .dbPointer: .dbPointer
        case .javaScript: .javaScript
        case .symbol: .symbol
        case .javaScriptWithScope: .javaScriptWithScope
        case .int32: .int32
        case .timestamp: .timestamp
        case .int64: .int64
        case .decimal128: .decimal128
        case .minKey: .minKey
        case .maxKey: .maxKey
        }
    }
}
