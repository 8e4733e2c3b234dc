extension Decimal128 {
    /// The powers of ten that a number can have.
    package static let exponents = -6176...6111
    /// The number of digits of the greatest coefficient.
    package static let maximumDigits = 34

    /// Not a number, in the one form that its text stands for.
    public static let nan = Decimal128(high: 0x7C << 56, low: 0)
    /// Infinity.
    public static let infinity = Decimal128(high: 0x78 << 56, low: 0)
    /// Negative infinity.
    public static let negativeInfinity = Decimal128(high: 0xF8 << 56, low: 0)

    /// Makes a number from its parts; nil when the coefficient or the exponent is out of range.
    package init?(isNegative: Bool, coefficient: UInt128, exponent: Int) {
        guard coefficient <= Self.maximumCoefficient, Self.exponents.contains(exponent) else { return nil }
        let sign: UInt64 = isNegative ? 1 << 63 : 0
        self.init(
            high: sign | UInt64(exponent + Self.exponentBias) << 49 | UInt64(coefficient >> 64),
            low: UInt64(truncatingIfNeeded: coefficient)
        )
    }

    /// Whether the text of the number gives the same bits again: false for NaN with a payload or sign, and for encodings
    /// that only mean zero or infinity.
    package var isCanonical: Bool {
        switch components {
        case .nan: self == .nan
        case .infinity(let isNegative): self == (isNegative ? .negativeInfinity : .infinity)
        case .finite(let isNegative, let coefficient, let exponent):
            self == Decimal128(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
        }
    }
}
