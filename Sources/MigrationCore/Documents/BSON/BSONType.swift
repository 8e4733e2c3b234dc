/// The one-byte type tag that precedes every BSON element, as <https://bsonspec.org/spec.html> lists them.
package enum BSONType: UInt8, Sendable {
    case double = 0x01
    case string = 0x02
    case document = 0x03
    case array = 0x04
    case binary = 0x05
    case undefined = 0x06
    case objectID = 0x07
    case bool = 0x08
    case date = 0x09
    case null = 0x0A
    case regularExpression = 0x0B
    case dbPointer = 0x0C
    case javaScript = 0x0D
    case symbol = 0x0E
    case javaScriptWithScope = 0x0F
    case int32 = 0x10
    case timestamp = 0x11
    case int64 = 0x12
    case decimal128 = 0x13
    case minKey = 0xFF
    case maxKey = 0x7F

    /// The type behind a tag, or nil for one that BSON does not have; inlined, since every element passes here.
    @inline(__always)
    package init?(tag: UInt8) {
        switch tag {
        case 0x01: self = .double
        case 0x02: self = .string
        case 0x03: self = .document
        case 0x04: self = .array
        case 0x05: self = .binary
        case 0x06: self = .undefined
        case 0x07: self = .objectID
        case 0x08: self = .bool
        case 0x09: self = .date
        case 0x0A: self = .null
        case 0x0B: self = .regularExpression
        case 0x0C: self = .dbPointer
        case 0x0D: self = .javaScript
        case 0x0E: self = .symbol
        case 0x0F: self = .javaScriptWithScope
        case 0x10: self = .int32
        case 0x11: self = .timestamp
        case 0x12: self = .int64
        case 0x13: self = .decimal128
        case 0xFF: self = .minKey
        case 0x7F: self = .maxKey
        default: return nil
        }
    }
}
