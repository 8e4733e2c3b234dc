/// A clock on which every sleep ends at once, or lasts until it is cancelled.
struct TestClock: Clock {
    typealias Instant = ContinuousClock.Instant

    let sleepEnds: Bool

    /// Every patience is over at once.
    static let hasty = TestClock(sleepEnds: true)
    /// No patience ever ends.
    static let stopped = TestClock(sleepEnds: false)

    var now: Instant { ContinuousClock().now }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        if !sleepEnds { try await Task.sleep(for: .seconds(86_400)) }
    }
}
