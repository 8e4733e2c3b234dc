public import MigrationCore

/// A wall clock that stands still until it is moved: for stores that take the time as a function.
public final class ManualWallClock: Sendable {
    private let time: Locked<WallTime>

    /// Makes a clock that shows `time`; by default a fixed moment of the year 2026.
    public init(_ time: WallTime = WallTime(millisecondsSinceEpoch: 1_780_000_000_000)) {
        self.time = Locked(time)
    }

    /// The time that it shows.
    public var now: WallTime { time.withLock { $0 } }

    /// Moves it forward, or backward by a negative duration.
    public func advance(by duration: Duration) {
        time.withLock { $0 = $0.advanced(by: duration) }
    }

    /// Sets it.
    public func set(_ newTime: WallTime) {
        time.withLock { $0 = newTime }
    }
}
