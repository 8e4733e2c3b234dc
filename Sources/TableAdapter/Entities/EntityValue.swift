internal import MigrationCore

/// A value of an entity's property: one of the eight types of the service.
enum EntityValue: Sendable, Hashable {
    case string(String)
    case bool(Bool)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    /// The text of a time in UTC, in steps of 100 ns.
    case dateTime(String)
    /// 16 bytes in the order of the text.
    case guid([UInt8])
    case binary([UInt8])

    /// The field of an embedded document that carries a time finer than a millisecond, which no other type holds.
    static let fineTime = "edm.DateTime"
    /// The service's limit of a text, in UTF-16 units.
    static let maximumTextUnits = 32 << 10
    /// The service's limit of a binary.
    static let maximumBinaryBytes = 64 << 10

    /// The form in which a property holds a value and gives it back exactly; nil where there is none.
    init?(exactly value: Value) {
        switch value {
        case .string(let text):
            guard text.utf16.count <= Self.maximumTextUnits, Self.isPlain(text) else { return nil }
            self = .string(text)
        case .bool(let flag): self = .bool(flag)
        case .int32(let number): self = .int32(number)
        case .int64(let number): self = .int64(number)
        case .double(let number):
            // Zeros have a sign, NaN has a payload, and what is close to the limits passes through decimal text
            // elsewhere.
            guard number.magnitude >= 1e-300, number.magnitude <= 1e300 else { return nil }
            self = .double(number)
        case .date(let time):
            guard time.millisecondsSinceEpoch >= Self.firstMillisecond, let text = time.rfc3339 else { return nil }
            self = .dateTime(text)
        case .binary(let binary):
            switch binary.subtype {
            case 0 where binary.bytes.count <= Self.maximumBinaryBytes: self = .binary(binary.bytes)
            case 4 where binary.bytes.count == 16: self = .guid(binary.bytes)
            default: return nil
            }
        case .document(let document):
            guard document.count == 1, case .string(let text)? = document[Self.fineTime], Self.isFine(text) else {
                return nil
            }
            self = .dateTime(text)
        default: return nil
        }
    }

    /// The value in a document.
    var value: Value? {
        switch self {
        case .string(let text): .string(text)
        case .bool(let flag): .bool(flag)
        case .int32(let number): .int32(number)
        case .int64(let number): .int64(number)
        case .double(let number): .double(number)
        case .dateTime(let text): Self.time(text)
        case .guid(let bytes): .binary(Binary(subtype: 4, bytes: bytes))
        case .binary(let bytes): .binary(Binary(bytes: bytes))
        }
    }

    /// The year 1601, before which the service has no time.
    private static let firstMillisecond: Int64 = -11_644_473_600_000

    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A: true
            case 0..<0x20, 0x7F...0x9F, 0xFFFE, 0xFFFF: false
            default: true
            }
        }
    }

    /// Whole milliseconds are a date; finer times are carried as they are.
    private static func time(_ text: String) -> Value? {
        guard let parts = parts(text), let time = WallTime(rfc3339: parts.coarse) else { return nil }
        guard parts.isFine else { return .date(time) }
        // Zeros at the end say nothing: one time has one text.
        var digits = text.dropLast()
        while digits.last == "0" { digits.removeLast() }
        return .document([fineTime: .string("\(digits)Z")])
    }

    private static func isFine(_ text: String) -> Bool {
        guard let parts = parts(text), parts.isFine, let time = WallTime(rfc3339: parts.coarse) else { return false }
        return time.millisecondsSinceEpoch >= firstMillisecond && !text.hasSuffix("0Z")
    }

    /// A time cut at the millisecond, and whether there is more.
    private static func parts(_ text: String) -> (coarse: String, isFine: Bool)? {
        guard text.utf8.last == UInt8(ascii: "Z"), let dot = text.firstIndex(of: ".") else { return (text, false) }
        let digits = text[text.index(after: dot)...].dropLast()
        guard (1...7).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        let rest = digits.dropFirst(3)
        return ("\(text[..<dot]).\(digits.prefix(3))Z", !rest.allSatisfy { $0 == "0" })
    }
}

extension EntityValue {
    /// The type's name, where a number, a flag or a text alone would not tell it.
    var annotation: String? {
        switch self {
        case .string, .bool, .int32: nil
        case .int64: "Edm.Int64"
        case .double: "Edm.Double"
        case .dateTime: "Edm.DateTime"
        case .guid: "Edm.Guid"
        case .binary: "Edm.Binary"
        }
    }

    /// The value as JSON.
    func append(to json: inout [UInt8]) {
        switch self {
        case .string(let text), .dateTime(let text): ExtendedJSON.writeValue(.string(text), mode: .relaxed, into: &json)
        case .bool(let flag): json += (flag ? "true" : "false").utf8
        case .int32(let number): json += "\(number)".utf8
        case .int64(let number): json += "\"\(number)\"".utf8
        case .double(let number): json += number.description.utf8
        case .guid(let bytes): json += "\"\(Self.guidText(bytes))\"".utf8
        case .binary(let bytes): json += "\"\(Base64.text(bytes))\"".utf8
        }
    }

    /// Reads a value with the type that stands beside it; nil if they do not fit.
    init?(_ json: Value, type: String?) {
        switch (type, json) {
        case (nil, .string(let text)), ("Edm.String", .string(let text)): self = .string(text)
        case (nil, .bool(let flag)), ("Edm.Boolean", .bool(let flag)): self = .bool(flag)
        case (nil, .int32(let number)), ("Edm.Int32", .int32(let number)): self = .int32(number)
        case (nil, .double(let number)), ("Edm.Double", .double(let number)): self = .double(number)
        case ("Edm.Double", .int32(let number)): self = .double(Double(number))
        case ("Edm.Double", .int64(let number)): self = .double(Double(number))
        case ("Edm.Double", .string("NaN")): self = .double(.nan)
        case ("Edm.Double", .string("Infinity")): self = .double(.infinity)
        case ("Edm.Double", .string("-Infinity")): self = .double(-.infinity)
        case ("Edm.Int64", .string(let text)):
            guard let number = Int64(text) else { return nil }
            self = .int64(number)
        case ("Edm.Int64", .int32(let number)): self = .int64(Int64(number))
        case ("Edm.Int64", .int64(let number)): self = .int64(number)
        case ("Edm.DateTime", .string(let text)): self = .dateTime(text)
        case ("Edm.Guid", .string(let text)):
            guard let bytes = Self.guidBytes(text) else { return nil }
            self = .guid(bytes)
        case ("Edm.Binary", .string(let text)):
            guard let bytes = Base64.bytes(text) else { return nil }
            self = .binary(bytes)
        default: return nil
        }
    }

    /// What the value counts for in the size of an entity.
    var size: Int {
        switch self {
        case .string(let text): text.utf16.count * 2 + 4
        case .bool: 1
        case .int32: 4
        case .int64, .double, .dateTime: 8
        case .guid: 16
        case .binary(let bytes): bytes.count + 4
        }
    }

    private static func guidText(_ bytes: [UInt8]) -> String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += Hex.text([byte])
        }
        return text
    }

    private static func guidBytes(_ text: String) -> [UInt8]? {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        return Hex.bytes(groups.joined())
    }
}
