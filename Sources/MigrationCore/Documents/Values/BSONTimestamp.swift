/// MongoDB's internal timestamp: seconds and a counter within the second. For points in time use `WallTime`.
public struct BSONTimestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: UInt32
    /// The counter within the second.
    public let increment: UInt32

    /// Makes a timestamp.
    public init(seconds: UInt32, increment: UInt32) {
        self.seconds = seconds
        self.increment = increment
    }

    /// Orders timestamps by second, then counter.
    public static func < (a: BSONTimestamp, b: BSONTimestamp) -> Bool {
        (a.seconds, a.increment) < (b.seconds, b.increment)
    }
}
