public import MigrationCore

/// Random numbers that are the same for the same seed (xoshiro256**, seeded by SplitMix64).
///
/// Use it where an API takes a generator, or pass ``source(seed:)`` where one takes a `RandomSource`.
///
/// Algorithms: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", 2021; G. Steele, D. Lea and
/// C. Flood, "Fast splittable pseudorandom number generators", 2014. Not for secrets.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Makes a generator; every seed is as good as any other.
    public init(seed: UInt64) {
        var mixer = seed
        func mix() -> UInt64 {
            mixer &+= 0x9E37_79B9_7F4A_7C15
            var value = mixer
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
        state = (mix(), mix(), mix(), mix())
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// A number below `bound`, which is at least 1.
    public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// One element of a collection that is not empty.
    public mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element {
        elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
    }

    /// True in `percent` of 100 cases.
    public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}

extension SeededRandom {
    /// A source for APIs that draw from several threads; it draws the numbers of this seed in the order of the calls.
    public static func source(seed: UInt64) -> RandomSource {
        let generator = Locked(SeededRandom(seed: seed))
        return RandomSource { generator.withLock { $0.next() } }
    }
}
