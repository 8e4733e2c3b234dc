extension Decimal128 {
    /// What the 128 bits mean.
    package enum Components: Sendable, Equatable {
        /// Not a number; sign and payload carry no meaning.
        case nan
        /// Positive or negative infinity.
        case infinity(isNegative: Bool)
        /// `coefficient * 10^exponent`, with at most 34 digits; zeros keep their sign and exponent.
        case finite(isNegative: Bool, coefficient: UInt128, exponent: Int)
    }

    /// The greatest coefficient: 34 nines.
    package static let maximumCoefficient: UInt128 = 9_999_999_999_999_999_999_999_999_999_999_999

    /// What is subtracted from the stored exponent.
    package static let exponentBias = 6176

    /// Takes the number apart, as IEEE 754-2008 section 3.5.2 has it; a coefficient beyond 34 nines counts as zero.
    package var components: Components {
        let isNegative = high >> 63 == 1
        switch high >> 58 & 0x1F {
        case 0x1F: return .nan
        case 0x1E: return .infinity(isNegative: isNegative)
        case 0x18...0x1D:
            let exponent = Int(high >> 47 & 0x3FFF) - Self.exponentBias
            return .finite(isNegative: isNegative, coefficient: 0, exponent: exponent)
        default:
            let exponent = Int(high >> 49 & 0x3FFF) - Self.exponentBias
            let coefficient = UInt128(high & 0x1_FFFF_FFFF_FFFF) << 64 | UInt128(low)
            return .finite(
                isNegative: isNegative,
                coefficient: coefficient <= Self.maximumCoefficient ? coefficient : 0,
                exponent: exponent
            )
        }
    }
}
