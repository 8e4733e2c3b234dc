/// MongoDB's 12-byte identifier: four bytes of seconds, five random bytes, three bytes of a counter.
public struct ObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The first eight bytes, most significant first.
    package let high: UInt64
    /// The last four bytes, most significant first.
    package let low: UInt32

    package init(high: UInt64, low: UInt32) {
        self.high = high
        self.low = low
    }

    /// Makes an identifier of exactly 12 bytes, or nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 12 else { return nil }
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Reads 24 hexadecimal digits, in either case; nil for anything else.
    public init?(_ text: String) {
        var high: UInt64 = 0
        var low: UInt32 = 0
        var count = 0
        for character in text.utf8 {
            guard let digit = hexadecimalDigit(character), count < 24 else { return nil }
            if count < 16 {
                high = high << 4 | UInt64(digit)
            } else {
                low = low << 4 | UInt32(digit)
            }
            count += 1
        }
        guard count == 24 else { return nil }
        self.init(high: high, low: low)
    }

    /// The 12 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(12)
        append(to: &bytes)
        return bytes
    }

    /// 24 lower-case hexadecimal digits.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(24)
        for byte in bytes {
            text.append(hexadecimalCharacter(byte >> 4))
            text.append(hexadecimalCharacter(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Orders identifiers by their bytes.
    public static func < (a: ObjectID, b: ObjectID) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }

    package func append(to bytes: inout [UInt8]) {
        bytes.appendLittleEndian(high.byteSwapped)
        bytes.appendLittleEndian(low.byteSwapped)
    }
}

/// The value of an ASCII hexadecimal digit, or nil.
package func hexadecimalDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x41...0x46: character - 0x41 + 10
    case 0x61...0x66: character - 0x61 + 10
    default: nil
    }
}

/// The lower-case ASCII digit for a number from 0 to 15.
package func hexadecimalCharacter(_ digit: UInt8) -> UInt8 {
    digit < 10 ? 0x30 + digit : 0x61 + digit - 10
}
