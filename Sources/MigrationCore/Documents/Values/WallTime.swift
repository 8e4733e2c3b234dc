/// A point in time as whole milliseconds since 1970-01-01T00:00:00Z, the resolution that every backend keeps.
///
/// Any 64-bit number is valid, years before 1970 and after 9999 included.
public struct WallTime: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z, negative before it.
    public let millisecondsSinceEpoch: Int64

    /// Makes a point in time.
    public init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// Orders points in time from earlier to later.
    public static func < (a: WallTime, b: WallTime) -> Bool {
        a.millisecondsSinceEpoch < b.millisecondsSinceEpoch
    }

    /// The time that is a duration later, rounded down to whole milliseconds; stops at the ends of the range.
    public func advanced(by duration: Duration) -> WallTime {
        let (seconds, attoseconds) = duration.components
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let rest = (attoseconds >= 0 ? attoseconds : attoseconds - 999_999_999_999_999) / 1_000_000_000_000_000
        let (delta, overflow2) = milliseconds.addingReportingOverflow(rest)
        let (sum, overflow3) = millisecondsSinceEpoch.addingReportingOverflow(delta)
        if overflow || overflow2 || overflow3 {
            return WallTime(millisecondsSinceEpoch: seconds < 0 ? .min : .max)
        }
        return WallTime(millisecondsSinceEpoch: sum)
    }

    /// How much later another time is; negative when it is earlier.
    public func duration(to other: WallTime) -> Duration {
        let (delta, overflow) = other.millisecondsSinceEpoch.subtractingReportingOverflow(millisecondsSinceEpoch)
        if overflow { return .milliseconds(other > self ? Int64.max : Int64.min) }
        return .milliseconds(delta)
    }
}
