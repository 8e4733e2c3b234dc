/// Where the library takes its randomness from: identifiers, ETags and jitter.
///
/// The default is the system's generator. A test or a simulation passes its own, seeded one, so that a seed repeats a history.
public struct RandomSource: Sendable {
    private let draw: @Sendable () -> UInt64

    /// Makes a source from a function that returns 64 uniformly distributed bits and may be called from any thread.
    public init(_ draw: @escaping @Sendable () -> UInt64) { self.draw = draw }

    /// The system's cryptographically secure generator.
    public static let system = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    /// The next 64 bits.
    public func next() -> UInt64 { draw() }
}

extension RandomSource: RandomNumberGenerator {}
