/// Whether passes of a copy gain on the writers: what the target lacked after each of them.
struct CatchUp: Sendable {
    /// How many passes in a row may end with no smaller lag before the writers count as faster than the copy.
    private static let patience = 2

    private var lag: Int64?
    private var lostPasses = 0

    /// Notes what the target lacks after a pass.
    mutating func pass(endedWith lag: Int64) {
        if let last = self.lag, lag > 0, lag >= last { lostPasses += 1 } else { lostPasses = 0 }
        self.lag = lag
    }

    /// Whether the last pass did not make the lag smaller.
    var isLosing: Bool { lostPasses > 0 }

    /// Whether more passes of the same kind would not help: events are appended faster than they are copied.
    var isOutrun: Bool { lostPasses >= Self.patience }

    /// Whether that is so and the target lacks more than that many events; a small lag comes and goes.
    func isOutrun(beyond allowed: Int64) -> Bool { isOutrun && lag.map { $0 > allowed } ?? false }
}
