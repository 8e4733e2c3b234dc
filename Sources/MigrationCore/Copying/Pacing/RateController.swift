/// The most that copiers write in a second.
public struct RateLimit: Sendable, Hashable {
    /// Events or documents per second; `nil` for no limit.
    public var maximumItemsPerSecond: Double?
    /// Bytes per second, in the size of BSON; `nil` for no limit.
    public var maximumBytesPerSecond: Double?
    /// How much of the limit may gather while nothing is written, and then go at once.
    public var burst: Duration

    /// Makes a limit.
    public init(
        maximumItemsPerSecond: Double? = nil,
        maximumBytesPerSecond: Double? = nil,
        burst: Duration = .milliseconds(50)
    ) {
        self.maximumItemsPerSecond = maximumItemsPerSecond
        self.maximumBytesPerSecond = maximumBytesPerSecond
        self.burst = burst
    }

    /// No limit.
    public static let unlimited = RateLimit()
}

/// Holds everything that shares it to one rate, and holds all of it back when the store asks for that.
///
/// Give one controller to all copiers that write to the same store. The limit may be changed while they run.
public final class RateController: Sendable {
    private struct State {
        var limit: RateLimit
        var items: TokenBucket?
        var bytes: TokenBucket?
        /// Nobody goes on before this time.
        var heldUntil: Duration = .zero

        init(_ limit: RateLimit, at now: Duration) {
            self.limit = limit
            items = limit.maximumItemsPerSecond.map {
                TokenBucket(rate: $0, burst: $0 * limit.burst.inSeconds, at: now)
            }
            bytes = limit.maximumBytesPerSecond.map {
                TokenBucket(rate: $0, burst: $0 * limit.burst.inSeconds, at: now)
            }
        }

        mutating func take(items count: Int, bytes size: Int, at now: Duration) -> Duration {
            let itemWait = items?.take(Double(count), at: now) ?? .zero
            let byteWait = bytes?.take(Double(size), at: now) ?? .zero
            return max(itemWait, byteWait, heldUntil - now)
        }
    }

    private let timeline: Timeline
    private let state: Locked<State>

    /// Makes a controller.
    ///
    /// - Parameters:
    ///   - limit: the rate; limits that are not positive stop the program.
    ///   - clock: what the rate is measured on.
    public init(_ limit: RateLimit = .unlimited, clock: any Clock<Duration> = ContinuousClock()) {
        Self.check(limit)
        timeline = Timeline(clock)
        state = Locked(State(limit, at: timeline.now))
    }

    /// The rate. A new one holds from the next batch on.
    public var limit: RateLimit {
        get { state.withLock { $0.limit } }
        set {
            Self.check(newValue)
            let now = timeline.now
            state.withLock { state in
                let heldUntil = state.heldUntil
                state = State(newValue, at: now)
                state.heldUntil = heldUntil
            }
        }
    }

    /// Waits until a batch may be written.
    ///
    /// - Parameters:
    ///   - items: how many events or documents it has.
    ///   - bytes: how many bytes they have.
    /// - Throws: `cancelled`.
    public func acquire(items: Int, bytes: Int) async throws(StoreError) {
        let now = timeline.now
        let wait = state.withLock { $0.take(items: items, bytes: bytes, at: now) }
        try await timeline.sleep(for: wait)
    }

    /// How large a batch may be, so that what is held to a rate comes evenly: what the limit allows in 10 ms, or a batch that is worth
    /// its transaction. One batch a second as large as the limit would keep the limit, and every call of the application that
    /// meets it would wait.
    ///
    /// - Parameters:
    ///   - items: the most items without a limit.
    ///   - bytes: the most bytes without a limit.
    func batchLimit(items: Int, bytes: Int) -> (items: Int, bytes: Int) {
        func share(_ rate: Double?, atLeast least: Int, atMost most: Int) -> Int {
            guard let rate else { return most }
            return Int(min(Double(most), max(Double(least), rate * 0.01)))
        }
        let limit = limit
        return (
            share(limit.maximumItemsPerSecond, atLeast: 100, atMost: items),
            share(limit.maximumBytesPerSecond, atLeast: 64 << 10, atMost: bytes)
        )
    }

    /// Holds all who share this controller back for a while, because the store is throttling.
    public func holdOff(for duration: Duration) {
        let end = timeline.now + duration
        state.withLock { $0.heldUntil = max($0.heldUntil, end) }
    }

    private static func check(_ limit: RateLimit) {
        precondition(
            (limit.maximumItemsPerSecond ?? 1) > 0 && (limit.maximumBytesPerSecond ?? 1) > 0 && limit.burst >= .zero,
            "A rate limit is positive; pause the migration instead of limiting it to nothing."
        )
    }
}
