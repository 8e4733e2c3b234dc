/// When events that the source has acknowledged are offered to the target.
public enum MirrorMode: Sendable, Hashable {
    /// Before the call returns, which waits for it at most this long; a target that hangs is not waited for longer.
    case inline(timeout: Duration)
    /// After the call has returned, by ``DualWriteInterceptor/run()``; before that is called, by the tail.
    case background
    /// Never: the coordinator's tail brings all events over.
    case tail
}

/// What one interceptor did for its targets, since it was made or since a counter's beginning.
public struct MirrorStatistics: Sendable, Hashable {
    /// Events that this process offered and that are in the target.
    public internal(set) var mirroredEvents: Int64 = 0
    /// Offers that were left to the tail because the target was behind.
    public internal(set) var leftToTail: Int64 = 0
    /// Offers that failed.
    public internal(set) var totalFailures: Int64 = 0
    /// Offers that were not made because the target's circuit was open.
    public internal(set) var skipped: Int64 = 0
    /// The code of the last failure.
    public internal(set) var lastFailure: String?

    /// No work so far.
    public init() {}

    static func + (a: MirrorStatistics, b: MirrorStatistics) -> MirrorStatistics {
        var sum = a
        sum.mirroredEvents += b.mirroredEvents
        sum.leftToTail += b.leftToTail
        sum.totalFailures += b.totalFailures
        sum.skipped += b.skipped
        sum.lastFailure = b.lastFailure ?? a.lastFailure
        return sum
    }
}
