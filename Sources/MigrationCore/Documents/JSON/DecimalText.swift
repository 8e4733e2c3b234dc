/// A decimal number taken apart: sign, leading digits and exponent.
///
/// The grammar is that of RFC 8259 with what Extended JSON wrappers add: a plus sign, leading zeros, and a point
/// without digits on one side.
struct DecimalText {
    /// Significant digits that decide the nearest double; what follows can only break a tie.
    static let decisiveDigits = 800

    var negative = false
    /// The first nineteen significant digits.
    var mantissa: UInt64 = 0
    /// Significant digits, those beyond the mantissa included.
    var digits = 0
    /// Power of ten of the last digit that the mantissa holds.
    var exponent = 0

    /// Takes apart `text`; nil when it is not a number.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        let count = text.count
        if index < count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            negative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        var seen = 0
        var inFraction = false
        var scale = 0
        while index < count {
            let byte = text[index]
            let digit = byte &- 0x30
            if digit < 10 {
                seen &+= 1
                if inFraction { scale &-= 1 }
                if digits > 0 || digit > 0 {
                    if digits < 19 {
                        mantissa = mantissa &* 10 &+ UInt64(digit)
                    } else {
                        scale &+= 1
                    }
                    digits &+= 1
                }
            } else if byte == UInt8(ascii: "."), !inFraction {
                inFraction = true
            } else {
                break
            }
            index &+= 1
        }
        if seen == 0 { return nil }
        if index < count {
            guard text[index] | 0x20 == UInt8(ascii: "e"), let written = Self.exponent(text, from: index + 1) else {
                return nil
            }
            scale += written
        }
        exponent = scale
    }

    /// Reads the digits of an exponent to the end of the text; saturates far beyond any exponent that matters.
    static func exponent(_ text: UnsafeBufferPointer<UInt8>, from first: Int) -> Int? {
        var index = first
        var negative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            negative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        if index == text.count { return nil }
        var exponent = 0
        while index < text.count {
            let digit = text[index] &- 0x30
            if digit > 9 { return nil }
            if exponent < 1_000_000_000_000 { exponent = exponent * 10 + Int(digit) }
            index += 1
        }
        return negative ? -exponent : exponent
    }
}

extension DecimalText {
    /// The double nearest to a decimal number, ties to even; infinite when it is beyond the range, nil when the text
    /// is not a number.
    static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        guard let decimal = DecimalText(text) else { return nil }
        let magnitude: Double
        if decimal.mantissa == 0 {
            magnitude = 0
        } else if decimal.digits <= 19, let exact = NearestDouble.of(decimal.mantissa, exponent: decimal.exponent) {
            magnitude = exact
        } else {
            magnitude = decimal.slowMagnitude(text)
        }
        return decimal.negative ? -magnitude : magnitude
    }

    /// Any number of digits and any exponent, through the standard library's conversion.
    ///
    /// The text is normalised first: more than ``decisiveDigits`` digits become that many and a final 1 (a double has
    /// at most 767 significant digits, so the rest only says "a little more"), which keeps the cost linear for texts
    /// of any length.
    @inline(never)
    private func slowMagnitude(_ text: UnsafeBufferPointer<UInt8>) -> Double {
        // The value lies in 10^(leading - 1) ..< 10^leading.
        let leading = Swift.min(digits, 19) + exponent
        if leading > 310 { return .infinity }
        if leading < -330 { return 0 }
        var normal: [UInt8] = []
        normal.reserveCapacity(Swift.min(digits, Self.decisiveDigits) + 16)
        var rest = false
        for byte in text {
            if byte | 0x20 == UInt8(ascii: "e") { break }
            let digit = byte &- 0x30
            guard digit < 10, digit > 0 || !normal.isEmpty else { continue }
            if normal.count < Self.decisiveDigits {
                normal.append(byte)
            } else if digit > 0 {
                rest = true
            }
        }
        let kept = normal.count
        if rest { normal.append(UInt8(ascii: "1")) }
        normal.append(UInt8(ascii: "e"))
        normal.append(contentsOf: String(leading - kept - (rest ? 1 : 0)).utf8)
        return Double(String(decoding: normal, as: UTF8.self)) ?? .infinity
    }
}
