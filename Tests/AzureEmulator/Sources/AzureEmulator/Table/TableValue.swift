/// A value of a property, with its type on the wire.
enum TableValue: Sendable, Equatable {
    case string(String)
    case bool(Bool)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    case dateTime(Moment)
    case guid(String)
    case binary([UInt8])

    /// The type's name, where an answer has to carry it for the value to be read rightly.
    var annotation: String? {
        switch self {
        case .int64: "Edm.Int64"
        case .dateTime: "Edm.DateTime"
        case .guid: "Edm.Guid"
        case .binary: "Edm.Binary"
        case .double(let value): value.isFinite ? nil : "Edm.Double"
        case .string, .bool, .int32: nil
        }
    }

    var json: JSON {
        switch self {
        case .string(let text), .guid(let text): .string(text)
        case .bool(let value): .bool(value)
        case .int32(let value): .number(String(value))
        case .int64(let value): .string(String(value))
        case .double(let value): Self.json(value)
        case .dateTime(let moment): .string(Self.text(moment))
        case .binary(let bytes): .string(Base64.encode(bytes))
        }
    }

    private static func json(_ value: Double) -> JSON {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "Infinity" : "-Infinity" }
        return .number("\(value)")
    }

    /// A time with its fraction, without the zeros at the end.
    static func text(_ moment: Moment) -> String {
        var text = moment.iso8601().dropLast()
        while text.hasSuffix("0") { text = text.dropLast() }
        if text.hasSuffix(".") { text = text.dropLast() }
        return text + "Z"
    }

    /// Reads a value with the type that was sent beside it; nil if they do not fit.
    init?(_ json: JSON, type: String?) {
        switch (type, json) {
        case (nil, .string(let text)), ("Edm.String", .string(let text)): self = .string(text)
        case (nil, .bool(let value)), ("Edm.Boolean", .bool(let value)): self = .bool(value)
        case (nil, .number(let text)):
            if text.utf8.contains(where: { $0 == 0x2E || $0 == 0x65 || $0 == 0x45 }) {
                guard let value = Double(text) else { return nil }
                self = .double(value)
            } else {
                guard let value = Int32(text) else { return nil }
                self = .int32(value)
            }
        case ("Edm.Int32", .number(let text)):
            guard let value = Int32(text) else { return nil }
            self = .int32(value)
        case ("Edm.Int64", .string(let text)), ("Edm.Int64", .number(let text)):
            guard let value = Int64(text) else { return nil }
            self = .int64(value)
        case ("Edm.Double", .string("NaN")): self = .double(.nan)
        case ("Edm.Double", .string("Infinity")): self = .double(.infinity)
        case ("Edm.Double", .string("-Infinity")): self = .double(-.infinity)
        case ("Edm.Double", .number(let text)), ("Edm.Double", .string(let text)):
            guard let value = Double(text), value.isFinite else { return nil }
            self = .double(value)
        case ("Edm.DateTime", .string(let text)):
            guard let moment = Moment(iso8601: text), moment >= Self.firstMoment else { return nil }
            self = .dateTime(moment)
        case ("Edm.Guid", .string(let text)):
            guard Self.isGUID(text) else { return nil }
            self = .guid(text.lowercased())
        case ("Edm.Binary", .string(let text)):
            guard let bytes = Base64.decode(text) else { return nil }
            self = .binary(bytes)
        default: return nil
        }
    }

    /// The year 1601, before which the service has no time.
    private static let firstMoment = Moment(seconds: -11_644_473_600)

    static func isGUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && text.utf8.allSatisfy { $0 == 0x2D || Percent.hex($0) != nil }
    }

    /// The bytes that a value counts for in the size of an entity.
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

    /// How a value compares with another; nil if their types do not compare or one is no number.
    func order(_ other: TableValue) -> Int? {
        func sign<Value: Comparable>(_ left: Value, _ right: Value) -> Int { left < right ? -1 : left == right ? 0 : 1 }
        switch (self, other) {
        case (.string(let left), .string(let right)): return sign(ByteString(left), ByteString(right))
        case (.guid(let left), .guid(let right)): return sign(left, right)
        case (.bool(let left), .bool(let right)): return sign(left ? 1 : 0, right ? 1 : 0)
        case (.dateTime(let left), .dateTime(let right)): return sign(left, right)
        case (.binary(let left), .binary(let right)):
            return left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
        default:
            if let left = integer, let right = other.integer { return sign(left, right) }
            guard let left = number, let right = other.number, !left.isNaN, !right.isNaN else { return nil }
            return sign(left, right)
        }
    }

    private var integer: Int64? {
        switch self {
        case .int32(let value): Int64(value)
        case .int64(let value): value
        default: nil
        }
    }

    private var number: Double? {
        if case .double(let value) = self { return value }
        return integer.map(Double.init)
    }
}
