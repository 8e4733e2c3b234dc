/// A time on the continuous clock: nanoseconds since the process first asked.
///
/// The clock's own instants are opaque to the compiler: each copy and comparison of one is a call, and so is each copy of a type that
/// holds one. An exchange makes some dozens of them.
struct TransportTime: Comparable, Sendable {
    private let nanoseconds: Int64

    private static let origin = ContinuousClock.now

    static var now: TransportTime { TransportTime(.now) }

    init(_ instant: ContinuousClock.Instant) {
        nanoseconds = TransportInterval(Self.origin.duration(to: instant)).nanoseconds
    }

    var instant: ContinuousClock.Instant { Self.origin + .nanoseconds(nanoseconds) }

    private init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The distant future where the sum has no place.
    static func + (time: Self, interval: TransportInterval) -> Self {
        let (sum, isTooLarge) = time.nanoseconds.addingReportingOverflow(interval.nanoseconds)
        return Self(nanoseconds: isTooLarge ? .max : sum)
    }

    /// How long it is until this time, rounded up to milliseconds: 0 for one that has passed, and at most what a C int holds.
    func milliseconds(after now: TransportTime) -> Int {
        guard self > now else { return 0 }
        let (rest, isTooLarge) = nanoseconds.subtractingReportingOverflow(now.nanoseconds)
        return isTooLarge ? 2_000_000_000 : Int(min((rest - 1) / 1_000_000 + 1, 2_000_000_000))
    }
}

/// A length of time in nanoseconds; some 292 years at most.
struct TransportInterval: Sendable {
    let nanoseconds: Int64

    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, hasOverflown) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        nanoseconds = isTooLarge || hasOverflown ? (seconds < 0 ? .min : .max) : sum
    }
}
