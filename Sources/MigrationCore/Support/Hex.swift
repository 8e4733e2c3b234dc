/// Hexadecimal text of fixed width, lower case.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// 16 digits.
    package static func text(_ number: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            for index in 0..<16 { buffer[index] = digits[Int((number >> (60 - 4 * UInt64(index))) & 0xF)] }
            return 16
        }
    }

    /// Two digits for each byte.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            var index = 0
            for byte in bytes {
                buffer[index] = digits[Int(byte >> 4)]
                buffer[index + 1] = digits[Int(byte & 0xF)]
                index += 2
            }
            return index
        }
    }

    /// The number behind up to 16 digits of either case; `nil` for anything else.
    package static func number(_ text: some StringProtocol) -> UInt64? {
        guard let bytes = bytes(text, oddPrefix: true), bytes.count <= 8 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The bytes behind an even number of digits of either case; `nil` for anything else.
    package static func bytes(_ text: some StringProtocol) -> [UInt8]? { bytes(text, oddPrefix: false) }

    private static func bytes(_ text: some StringProtocol, oddPrefix: Bool) -> [UInt8]? {
        var nibbles: [UInt8] = []
        nibbles.reserveCapacity(text.utf8.count + 1)
        if text.utf8.count % 2 == 1 {
            guard oddPrefix else { return nil }
            nibbles.append(0)
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibbles.append(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibbles.append(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): nibbles.append(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        guard !nibbles.isEmpty else { return nil }
        return stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }
}
