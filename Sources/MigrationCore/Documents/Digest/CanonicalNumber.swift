/// One byte form for each mathematical value, whichever of the four number types holds it.
///
/// The form is chosen by the value alone: a double when one has exactly this value, else a 64-bit integer, else a decimal.
enum CanonicalNumber {
    static func append(_ value: Value, to bytes: inout [UInt8]) {
        switch value {
        case .int32(let number): append(Double(number), to: &bytes)
        case .int64(let number): append(number, to: &bytes)
        case .double(let number): append(number, to: &bytes)
        case .decimal128(let number): append(number, to: &bytes)
        default: preconditionFailure("Only numbers have a canonical number.")
        }
    }

    private static func append(_ number: Double, to bytes: inout [UInt8]) {
        if number.isNaN {
            bytes.append(UInt8(ascii: "N"))
        } else {
            bytes.append(UInt8(ascii: "D"))
            bytes.appendLittleEndian((number == 0 ? 0 : number).bitPattern)
        }
    }

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        if let double = Double(exactly: number) {
            append(double, to: &bytes)
        } else {
            bytes.append(UInt8(ascii: "I"))
            bytes.appendLittleEndian(number)
        }
    }

    private static func append(_ number: Decimal128, to bytes: inout [UInt8]) {
        switch number.components {
        case .nan: append(Double.nan, to: &bytes)
        case .infinity(let isNegative): append(isNegative ? -Double.infinity : Double.infinity, to: &bytes)
        case .finite(_, 0, _): append(0.0, to: &bytes)
        case .finite(let isNegative, var coefficient, var exponent):
            while coefficient % 10 == 0 {
                coefficient /= 10
                exponent += 1
            }
            if let double = double(coefficient, exponent: exponent) {
                append(isNegative ? -double : double, to: &bytes)
            } else if let integer = integer(isNegative, coefficient, exponent: exponent) {
                append(integer, to: &bytes)
            } else {
                bytes.append(UInt8(ascii: "C"))
                bytes.append(isNegative ? 1 : 0)
                bytes.appendLittleEndian(coefficient)
                bytes.appendLittleEndian(Int16(exponent))
            }
        }
    }

    /// The double that equals `coefficient * 10^exponent`, if there is one.
    ///
    /// The value is an odd number times a power of two exactly if the fives of a negative power of ten divide the coefficient.
    /// It is a double if that odd number has at most 53 bits; its power of two is far from a double's limits then.
    private static func double(_ coefficient: UInt128, exponent: Int) -> Double? {
        var odd = coefficient >> UInt128(coefficient.trailingZeroBitCount)
        if exponent >= 0 {
            for _ in 0..<exponent {
                odd *= 5
                if odd >= 1 << 53 { return nil }
            }
        } else {
            for _ in 0..<(-exponent) {
                guard odd % 5 == 0 else { return nil }
                odd /= 5
            }
        }
        guard odd < 1 << 53 else { return nil }
        let power = coefficient.trailingZeroBitCount + exponent
        return Double(sign: .plus, exponent: power, significand: Double(UInt64(odd)))
    }

    private static func integer(_ isNegative: Bool, _ coefficient: UInt128, exponent: Int) -> Int64? {
        guard (0...18).contains(exponent) else { return nil }
        var magnitude = coefficient
        for _ in 0..<exponent {
            magnitude *= 10
            if magnitude > 1 << 63 { return nil }
        }
        return Int64(exactly: isNegative ? -Int128(magnitude) : Int128(magnitude))
    }
}
