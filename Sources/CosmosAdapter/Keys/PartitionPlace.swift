internal import MigrationCore

/// Where a partition key lies: the header that names it, and its effective key, by which ranges are told apart.
///
/// Sources: the baselines of the .NET client for version 2 of the hash; see the vectors in the tests.
enum PartitionPlace {
    /// The longest value of one level, in bytes of UTF-8.
    static let maximumValueBytes = 2_048

    /// The value of `x-ms-documentdb-partitionkey`: an array of JSON, in ASCII.
    static func header(_ components: [PartitionKey.Component]) -> String {
        "[" + components.map(element).joined(separator: ",") + "]"
    }

    private static func element(_ component: PartitionKey.Component) -> String {
        switch component {
        case .absent: "{}"
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): text(of: number)
        case .string(let text): quoted(text)
        }
    }

    /// A number as it stands in the text of a partition key.
    static func text(of number: Double) -> String { String(PartitionKey(.number(number)).text.dropFirst().dropLast()) }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x20..<0x7F: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return result + "\""
    }

    /// The effective key: of all levels together, or of each level after the other in a hierarchy.
    static func effectiveKey(_ components: [PartitionKey.Component], isHierarchical: Bool) -> String {
        isHierarchical ? components.map { hash(bytes(of: $0)) }.joined() : hash(components.flatMap(bytes))
    }

    private static func bytes(of component: PartitionKey.Component) -> [UInt8] {
        switch component {
        case .absent: [0x00]
        case .null: [0x01]
        case .bool(let flag): [flag ? 0x03 : 0x02]
        case .number(let number):
            // Minus zero is zero in JSON.
            [0x05] + (0..<8).map { UInt8(truncatingIfNeeded: (number == 0 ? 0 : number).bitPattern >> UInt64($0 * 8)) }
        case .string(let text): [0x08] + Array(text.utf8) + [0xFF]
        }
    }

    private static func hash(_ bytes: [UInt8]) -> String {
        let (low, high) = Murmur3.hash128(bytes)
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for word in [high & 0x3FFF_FFFF_FFFF_FFFF, low] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) { text.append(digits[Int(word >> shift & 15)]) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// MurmurHash3, the variant of 128 bits for 64-bit machines, with seed 0.
enum Murmur3 {
    static func hash128(_ bytes: [UInt8]) -> (low: UInt64, high: UInt64) {
        let first: UInt64 = 0x87C3_7B91_1142_53D5
        let second: UInt64 = 0x4CF5_AD43_2745_937F
        var (low, high): (UInt64, UInt64) = (0, 0)
        func word(_ range: Range<Int>) -> UInt64 { range.reversed().reduce(0) { $0 << 8 | UInt64(bytes[$1]) } }
        let whole = bytes.count / 16 * 16
        for start in stride(from: 0, to: whole, by: 16) {
            low ^= rotated(word(start..<start + 8) &* first, 31) &* second
            low = (rotated(low, 27) &+ high) &* 5 &+ 0x52DC_E729
            high ^= rotated(word(start + 8..<start + 16) &* second, 33) &* first
            high = (rotated(high, 31) &+ low) &* 5 &+ 0x3849_5AB5
        }
        let rest = bytes.count - whole
        if rest > 8 { high ^= rotated(word(whole + 8..<bytes.count) &* second, 33) &* first }
        if rest > 0 { low ^= rotated(word(whole..<min(whole + 8, bytes.count)) &* first, 31) &* second }
        low ^= UInt64(bytes.count)
        high ^= UInt64(bytes.count)
        low &+= high
        high &+= low
        low = mixed(low)
        high = mixed(high)
        low &+= high
        high &+= low
        return (low, high)
    }

    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value ^= value >> 33
        value &*= 0xFF51_AFD7_ED55_8CCD
        value ^= value >> 33
        value &*= 0xC4CE_B9FE_1A85_EC53
        return value ^ value >> 33
    }
}
