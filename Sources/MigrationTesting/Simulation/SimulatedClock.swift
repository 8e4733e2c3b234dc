/// The monotonic clock of one simulated process: virtual time, at its own pace, with jumps when the process was stalled.
public struct SimulatedClock: Clock {
    /// A point on the clock.
    public struct Instant: InstantProtocol, Hashable, Sendable {
        /// The time since the simulation began, as this process counts it.
        public let offset: Duration

        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        public static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    let executor: SimulationExecutor
    /// How many of this clock's seconds pass in one second of virtual time.
    let pace: Double

    public var now: Instant { Instant(offset: executor.now * pace) }
    public var minimumResolution: Duration { .nanoseconds(1) }

    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        // A nanosecond more than the quotient, which is rounded: no clock may wake a sleeper before its deadline.
        guard await executor.sleep(until: deadline.offset / pace + .nanoseconds(1)) else { throw CancellationError() }
    }
}
