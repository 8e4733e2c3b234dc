/// A decimal floating point number with 34 digits, in the binary integer encoding of IEEE 754-2008.
///
/// Two numbers are equal when their bits are: `1.0` and `1.00` differ, as they do in a database.
public struct Decimal128: Sendable, Hashable {
    /// Sign, exponent and the upper bits of the coefficient.
    public let high: UInt64
    /// The lower 64 bits of the coefficient.
    public let low: UInt64

    /// Makes a number from its 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
