/// Decimal text as the Decimal128 specification for BSON has it:
/// <https://github.com/mongodb/specifications/blob/master/source/bson-decimal128/decimal128.md>.
extension Decimal128: LosslessStringConvertible {
    /// Reads a number such as `-12.50`, `1E+3`, `Infinity` or `NaN`; nil when it is malformed or 34 digits do not
    /// hold it exactly.
    ///
    /// Trailing zeros count: `1.0` and `1.00` are different numbers of equal value. An exponent that is out of range
    /// is brought into range when moving zeros makes it fit; nothing is ever rounded.
    public init?(_ text: String) {
        var text = text
        guard let number = text.withUTF8({ Decimal128(utf8: $0) }) else { return nil }
        self = number
    }

    /// The number as decimal text, with an exponent when the specification asks for one.
    public var description: String {
        var sink = ByteSink(capacity: 48)
        appendText(to: &sink)
        return String(decoding: UnsafeBufferPointer(start: sink.base, count: sink.count), as: UTF8.self)
    }

    /// Reads UTF-8 text in one pass.
    init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        var scanner = DecimalDigits()
        var index = 0
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            scanner.isNegative = first == UInt8(ascii: "-")
            index = 1
        }
        if index < text.count, let special = Self.special(text, from: index, isNegative: scanner.isNegative) {
            self = special
            return
        }
        guard let end = scanner.scan(text, from: index) else { return nil }
        if end < text.count {
            guard text[end] | 0x20 == UInt8(ascii: "e"), let exponent = DecimalText.exponent(text, from: end + 1) else {
                return nil
            }
            scanner.exponent += exponent
        }
        guard !scanner.isInexact, let number = scanner.number else { return nil }
        self = number
    }

    /// `Infinity`, `Inf` and `NaN` in any case; the sign of NaN is not kept.
    private static func special(_ text: UnsafeBufferPointer<UInt8>, from first: Int, isNegative: Bool) -> Decimal128? {
        func matches(_ word: StaticString) -> Bool {
            guard text.count - first == word.utf8CodeUnitCount else { return false }
            for index in 0..<word.utf8CodeUnitCount where text[first + index] | 0x20 != word.utf8Start[index] {
                return false
            }
            return true
        }
        if matches("nan") { return .nan }
        if matches("infinity") || matches("inf") { return isNegative ? .negativeInfinity : .infinity }
        return nil
    }

    /// Appends the number as decimal text; at most 42 bytes, which the caller has reserved.
    func appendText(to sink: inout ByteSink) {
        switch components {
        case .nan: sink.append("NaN")
        case .infinity(let isNegative): sink.append(isNegative ? "-Infinity" : "Infinity")
        case .finite(let isNegative, let coefficient, let exponent):
            if isNegative { sink.append(UInt8(ascii: "-")) }
            Self.append(coefficient, exponent: exponent, to: &sink)
        }
    }

    private static func append(_ coefficient: UInt128, exponent: Int, to sink: inout ByteSink) {
        let first = sink.count
        // Two halves of up to seventeen digits.
        let (upper, lower) = coefficient.quotientAndRemainder(dividingBy: 100_000_000_000_000_000)
        if upper > 0 {
            sink.append(decimal: UInt64(upper))
            var place: UInt64 = 10_000_000_000_000_000
            while place > 1, UInt64(lower) < place {
                sink.append(UInt8(ascii: "0"))
                place /= 10
            }
        }
        sink.append(decimal: UInt64(lower))
        let digits = sink.count - first
        let adjusted = exponent + digits - 1
        if exponent > 0 || adjusted < -6 {
            if digits > 1 { insert(UInt8(ascii: "."), times: 1, at: first + 1, in: &sink) }
            sink.append(UInt8(ascii: "E"))
            if adjusted >= 0 { sink.append(UInt8(ascii: "+")) }
            sink.append(decimal: Int64(adjusted))
        } else if exponent < 0 {
            if adjusted < 0 { insert(UInt8(ascii: "0"), times: -adjusted, at: first, in: &sink) }
            insert(UInt8(ascii: "."), times: 1, at: sink.count + exponent, in: &sink)
        }
    }

    private static func insert(_ byte: UInt8, times: Int, at position: Int, in sink: inout ByteSink) {
        let place = sink.base + position
        (place + times).update(from: place, count: sink.count - position)
        for index in 0..<times { place[index] = byte }
        sink.count += times
    }
}

/// Collects the digits of a decimal number and brings the exponent into range.
private struct DecimalDigits {
    var isNegative = false
    var coefficient: UInt128 = 0
    /// Digits in `coefficient`, leading zeros left out.
    var count = 0
    var exponent = 0
    /// Whether a digit other than zero had no room.
    var isInexact = false

    /// Reads digits with at most one point and returns where they end; nil when there are none.
    mutating func scan(_ text: UnsafeBufferPointer<UInt8>, from first: Int) -> Int? {
        var index = first
        var seen = false
        var inFraction = false
        while index < text.count {
            let byte = text[index]
            let digit = byte &- 0x30
            if digit < 10 {
                seen = true
                append(digit, inFraction: inFraction)
            } else if byte == UInt8(ascii: "."), !inFraction {
                inFraction = true
            } else {
                break
            }
            index += 1
        }
        return seen ? index : nil
    }

    private mutating func append(_ digit: UInt8, inFraction: Bool) {
        if count < Decimal128.maximumDigits {
            coefficient = coefficient * 10 + UInt128(digit)
            if coefficient > 0 { count += 1 }
            if inFraction { exponent -= 1 }
        } else {
            if digit > 0 { isInexact = true }
            if !inFraction { exponent += 1 }
        }
    }

    /// The number, after moving zeros between coefficient and exponent where the exponent is out of range.
    var number: Decimal128? {
        var coefficient = coefficient
        var exponent = exponent
        let range = Decimal128.exponents
        if coefficient == 0 {
            exponent = min(max(exponent, range.lowerBound), range.upperBound)
        }
        while exponent > range.upperBound {
            coefficient *= 10
            exponent -= 1
            if coefficient > Decimal128.maximumCoefficient { return nil }
        }
        while exponent < range.lowerBound {
            let (quotient, digit) = coefficient.quotientAndRemainder(dividingBy: 10)
            if digit != 0 { return nil }
            coefficient = quotient
            exponent += 1
        }
        return Decimal128(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
    }
}
