/// One level of a partition key's value.
package enum KeyComponent: Sendable, Hashable {
    case undefined
    case null
    case bool(Bool)
    case number(Double)
    case string(ByteString)

    /// The component of a property's value; what is no key (an array, an object, nothing) is undefined.
    package init(_ value: JSON?) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let text): self = .number(Double(text) ?? 0)
        case .string(let text): self = .string(ByteString(text))
        case nil, .array, .object: self = .undefined
        }
    }

    /// The component as JSON; undefined is the empty object, as in the header.
    package var json: JSON {
        switch self {
        case .undefined: .object([])
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let value): .number(CosmosNumber.text(value))
        case .string(let value): .string(value.text)
        }
    }

    fileprivate var bytes: [UInt8] {
        switch self {
        case .undefined: [0x00]
        case .null: [0x01]
        case .bool(let value): [value ? 0x03 : 0x02]
        case .number(let value):
            [0x05] + (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt64($0 * 8)) }
        case .string(let value): [0x08] + value.bytes + [0xFF]
        }
    }
}

/// Effective partition keys: where the second version of the hash places a key.
package enum PartitionHash {
    /// The place of a key of one level (or of several, hashed together).
    package static func effectiveKey(_ components: [KeyComponent]) -> String {
        var hash = Array(murmur128(components.flatMap(\.bytes)).reversed())
        hash[0] &= 0x3F
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The place of a hierarchical key, or where the range of its first levels begins.
    package static func effectiveHierarchicalKey(_ components: [KeyComponent]) -> String {
        components.map { effectiveKey([$0]) }.joined()
    }

    /// MurmurHash3 x64-128 with seed 0: sixteen bytes.
    package static func murmur128(_ bytes: [UInt8]) -> [UInt8] {
        let c1: UInt64 = 0x87C3_7B91_1142_53D5
        let c2: UInt64 = 0x4CF5_AD43_2745_937F
        var h1: UInt64 = 0
        var h2: UInt64 = 0
        func word(_ range: Range<Int>) -> UInt64 {
            var value: UInt64 = 0
            for index in range.reversed() { value = value << 8 | UInt64(bytes[index]) }
            return value
        }
        func left(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
        let whole = bytes.count / 16 * 16
        for start in stride(from: 0, to: whole, by: 16) {
            h1 ^= left(word(start..<start + 8) &* c1, 31) &* c2
            h1 = (left(h1, 27) &+ h2) &* 5 &+ 0x52DC_E729
            h2 ^= left(word(start + 8..<start + 16) &* c2, 33) &* c1
            h2 = (left(h2, 31) &+ h1) &* 5 &+ 0x3849_5AB5
        }
        let rest = bytes.count - whole
        if rest > 8 { h2 ^= left(word(whole + 8..<bytes.count) &* c2, 33) &* c1 }
        if rest > 0 { h1 ^= left(word(whole..<min(whole + 8, bytes.count)) &* c1, 31) &* c2 }
        h1 ^= UInt64(bytes.count)
        h2 ^= UInt64(bytes.count)
        h1 &+= h2
        h2 &+= h1
        h1 = mixed(h1)
        h2 = mixed(h2)
        h1 &+= h2
        h2 &+= h1
        return [h1, h2].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) } }
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value ^= value >> 33
        value = value &* 0xFF51_AFD7_ED55_8CCD
        value ^= value >> 33
        value = value &* 0xC4CE_B9FE_1A85_EC53
        return value ^ value >> 33
    }
}

/// Numbers as the service keeps them: IEEE doubles.
package enum CosmosNumber {
    /// The text of a double, without a point if it is whole.
    package static func text(_ value: Double) -> String {
        if value == value.rounded(), value.magnitude < 9.2e18 { return String(Int64(value)) }
        return value.description
    }

    /// A value whose numbers went through a double.
    package static func stored(_ value: JSON) -> JSON {
        switch value {
        case .number(let literal):
            if literal.utf8.count < 16, literal.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return value }
            return .number(Double(literal).map { $0.isFinite ? text($0) : literal } ?? literal)
        case .array(let elements): return .array(elements.map(stored))
        case .object(let members): return .object(members.map { JSON.Member($0.name, stored($0.value)) })
        case .null, .bool, .string: return value
        }
    }
}
