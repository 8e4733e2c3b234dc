/// A number of any of the four types, for comparisons by exact mathematical value.
package enum ExactNumber: Sendable {
    case nan
    case infinity(isNegative: Bool)
    case integer(Int64)
    /// A finite double.
    case binary(Double)
    /// `coefficient * 10^exponent`, not zero.
    case decimal(isNegative: Bool, coefficient: UInt128, exponent: Int)

    /// The number that a value is, or nil when it is no number.
    package init?(_ value: Value) {
        switch value {
        case .int32(let number): self = .integer(Int64(number))
        case .int64(let number): self = .integer(number)
        case .double(let number): self.init(number)
        case .decimal128(let number): self.init(number)
        default: return nil
        }
    }

    package init(_ number: Double) {
        if number.isNaN {
            self = .nan
        } else if number.isInfinite {
            self = .infinity(isNegative: number < 0)
        } else {
            self = .binary(number)
        }
    }

    package init(_ number: Decimal128) {
        switch number.components {
        case .nan: self = .nan
        case .infinity(let isNegative): self = .infinity(isNegative: isNegative)
        case .finite(_, 0, _): self = .integer(0)
        case .finite(let isNegative, let coefficient, let exponent):
            self = .decimal(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
        }
    }

    /// Compares two numbers without rounding either; NaN is less than all others and equal to itself.
    package static func compare(_ a: ExactNumber, _ b: ExactNumber) -> Ordering {
        switch (a, b) {
        case (.nan, .nan): .equal
        case (.nan, _): .less
        case (_, .nan): .greater
        case (.infinity(let a), .infinity(let b)): Ordering(a ? 0 : 1, b ? 0 : 1)
        case (.infinity(let isNegative), _): isNegative ? .less : .greater
        case (_, .infinity(let isNegative)): isNegative ? .greater : .less
        case (.integer(let a), .integer(let b)): Ordering(a, b)
        case (.binary(let a), .binary(let b)): Ordering(a, b)
        case (.integer(let a), .binary(let b)): compare(a, b)
        case (.binary(let a), .integer(let b)): compare(b, a).reversed
        case (.decimal(let isNegative, let coefficient, let exponent), let b):
            compare(isNegative, Magnitude(coefficient, exponent: exponent), b)
        case (let a, .decimal(let isNegative, let coefficient, let exponent)):
            compare(isNegative, Magnitude(coefficient, exponent: exponent), a).reversed
        }
    }

    /// Compares an integer with a finite double.
    private static func compare(_ integer: Int64, _ double: Double) -> Ordering {
        if double >= 0x1p63 { return .less }
        if double < -0x1p63 { return .greater }
        let whole = double.rounded(.towardZero)
        return Ordering(integer, Int64(whole)).then(Ordering(0, double - whole))
    }

    /// Compares a decimal number that is not zero with a finite number.
    private static func compare(_ isNegative: Bool, _ magnitude: Magnitude, _ other: ExactNumber) -> Ordering {
        let otherSign: Int
        let ordering: () -> Ordering
        switch other {
        case .integer(let integer):
            otherSign = Int(integer.signum())
            ordering = { magnitude.compare(Magnitude(UInt128(integer.magnitude), exponent: 0)) }
        case .binary(let double):
            otherSign = double == 0 ? 0 : (double < 0 ? -1 : 1)
            ordering = { magnitude.compare(double.magnitude) }
        case .decimal(let isNegative, let coefficient, let exponent):
            otherSign = isNegative ? -1 : 1
            ordering = { magnitude.compare(Magnitude(coefficient, exponent: exponent)) }
        case .nan, .infinity:
            preconditionFailure("NaN and infinities are compared before.")
        }
        let sign = isNegative ? -1 : 1
        if sign != otherSign { return Ordering(sign, otherSign) }
        return isNegative ? ordering().reversed : ordering()
    }
}

/// A positive decimal number.
private struct Magnitude {
    let coefficient: UInt128
    let exponent: Int
    /// The number is at least `10^(scale - 1)` and less than `10^scale`.
    let scale: Int

    /// The coefficient is not zero and has at most 34 digits.
    init(_ coefficient: UInt128, exponent: Int) {
        self.coefficient = coefficient
        self.exponent = exponent
        var digits = 0
        var rest = coefficient
        while rest > 0 {
            rest /= 10
            digits += 1
        }
        scale = digits + exponent
    }

    func compare(_ other: Magnitude) -> Ordering {
        if scale != other.scale { return Ordering(scale, other.scale) }
        // Numbers of equal scale differ in exponent by as much as in digits, so neither product has more than 34 digits.
        let shift = exponent - other.exponent
        if shift >= 0 { return Ordering(coefficient * Self.powerOfTen(shift), other.coefficient) }
        return Ordering(coefficient, other.coefficient * Self.powerOfTen(-shift))
    }

    /// Compares with a positive finite double.
    func compare(_ double: Double) -> Ordering {
        // 2^b <= double < 2^(b + 1); where the powers of ten are far apart, that settles it.
        let bits = Double(double.exponent)
        if Double(scale - 1) > (bits + 1) * 0.30103 + 1 { return .greater }
        if Double(scale) < bits * 0.30103 - 1 { return .less }
        var left = BigNatural(coefficient)
        var right = BigNatural(UInt128(double.significandBitPattern))
        var power = -1074
        if double.isNormal {
            right = BigNatural(UInt128(double.significandBitPattern | 1 << 52))
            power = Int(double.exponent) - 52
        }
        if exponent >= 0 { left.multiplyByPowerOfTen(exponent) } else { right.multiplyByPowerOfTen(-exponent) }
        if power >= 0 { right.shiftLeft(power) } else { left.shiftLeft(-power) }
        return left.compare(right)
    }

    private static func powerOfTen(_ exponent: Int) -> UInt128 {
        var power: UInt128 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}

/// A natural number of any size: just enough to compare a decimal with a binary number exactly.
private struct BigNatural {
    /// Least significant first, without zeros at the end.
    private var words: [UInt32] = []

    init(_ number: UInt128) {
        var rest = number
        while rest > 0 {
            words.append(UInt32(truncatingIfNeeded: rest))
            rest >>= 32
        }
    }

    mutating func multiplyByPowerOfTen(_ exponent: Int) {
        for _ in 0..<(exponent / 9) { multiply(by: 1_000_000_000) }
        for _ in 0..<(exponent % 9) { multiply(by: 10) }
    }

    private mutating func multiply(by factor: UInt32) {
        var carry: UInt64 = 0
        for index in words.indices {
            carry += UInt64(words[index]) * UInt64(factor)
            words[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
        if carry > 0 { words.append(UInt32(carry)) }
    }

    mutating func shiftLeft(_ bits: Int) {
        multiply(by: 1 << UInt32(bits % 32))
        words.insert(contentsOf: repeatElement(0, count: bits / 32), at: 0)
    }

    func compare(_ other: BigNatural) -> Ordering {
        if words.count != other.words.count { return Ordering(words.count, other.words.count) }
        for index in words.indices.reversed() where words[index] != other.words[index] {
            return Ordering(words[index], other.words[index])
        }
        return .equal
    }
}
