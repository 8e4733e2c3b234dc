/// Exact decimal to binary conversion in integer arithmetic, for the numbers that occur in practice.
enum NearestDouble {
    /// The double nearest to `mantissa` times ten to the power of `exponent`, ties to even; nil outside the exponents
    /// that it covers.
    @inline(__always)
    static func of(_ mantissa: UInt64, exponent: Int) -> Double? {
        // Both operands are exact doubles, so one operation rounds once.
        if mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
            let power = exactPower(exponent < 0 ? -exponent : exponent)
            return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
        }
        return wide(mantissa, exponent: exponent)
    }

    /// 128-bit integers reach from 10^-27 to 10^27.
    @inline(never)
    private static func wide(_ mantissa: UInt64, exponent: Int) -> Double? {
        if exponent >= 0 {
            guard exponent <= 27 else { return nil }
            return rounded(UInt128(mantissa) * UInt128(fifthPower(exponent)), sticky: false, shift: exponent)
        }
        guard exponent >= -27 else { return nil }
        // The quotient keeps at least 64 bits, so one bit for the remainder decides every tie.
        let divisor = UInt128(fifthPower(-exponent))
        let shift = mantissa.leadingZeroBitCount + 64
        let (quotient, remainder) = (UInt128(mantissa) << UInt128(shift)).quotientAndRemainder(dividingBy: divisor)
        return rounded(quotient, sticky: remainder != 0, shift: exponent - shift)
    }

    /// `value` times two to the power of `shift`, rounded to 53 bits.
    private static func rounded(_ value: UInt128, sticky: Bool, shift: Int) -> Double {
        let bits = 128 - value.leadingZeroBitCount
        guard bits > 53 else { return Double(sign: .plus, exponent: shift, significand: Double(UInt64(value))) }
        let dropped = bits - 53
        var significand = UInt64(truncatingIfNeeded: value >> UInt128(dropped))
        let half = UInt128(1) << UInt128(dropped - 1)
        let rest = value & (half << 1 - 1)
        if rest > half || (rest == half && (sticky || significand & 1 == 1)) { significand += 1 }
        return Double(sign: .plus, exponent: shift + dropped, significand: Double(significand))
    }

    private static func fifthPower(_ exponent: Int) -> UInt64 {
        var power: UInt64 = 1
        for _ in 0..<exponent { power &*= 5 }
        return power
    }

    /// Ten to the power of 0 to 22, all of them exact.
    @inline(__always)
    private static func exactPower(_ exponent: Int) -> Double {
        switch exponent {
        case 0: 1
        case 1: 10
        case 2: 100
        case 3: 1e3
        case 4: 1e4
        case 5: 1e5
        case 6: 1e6
        case 7: 1e7
        case 8: 1e8
        case 9: 1e9
        case 10: 1e10
        case 11: 1e11
        case 12: 1e12
        case 13: 1e13
        case 14: 1e14
        case 15: 1e15
        case 16: 1e16
        case 17: 1e17
        case 18: 1e18
        case 19: 1e19
        case 20: 1e20
        case 21: 1e21
        default: 1e22
        }
    }
}
