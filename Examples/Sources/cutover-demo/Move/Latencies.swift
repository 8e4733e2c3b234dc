/// How long some calls took, and how many failed.
struct Latencies {
    let acknowledged: Int
    let appends: Int
    let errors: Int
    private let lengths: [Duration]

    init(_ calls: some Sequence<CallBook.Call>) {
        let calls = Array(calls)
        let good = calls.filter { !$0.failed }
        acknowledged = good.count
        appends = good.count { $0.isAppend }
        errors = calls.count - good.count
        lengths = calls.map(\.length).sorted()
    }

    /// The length that a share of the calls does not exceed; zero without calls.
    func quantile(_ share: Double) -> Duration {
        guard !lengths.isEmpty else { return .zero }
        return lengths[min(lengths.count - 1, Int(Double(lengths.count) * share))]
    }

    var longest: Duration { lengths.last ?? .zero }

    /// The cells of a table's row.
    var cells: [String] {
        [
            Format.count(Int64(acknowledged)), Format.count(Int64(appends)), Format.count(Int64(errors)),
            Format.milliseconds(quantile(0.5)), Format.milliseconds(quantile(0.99)), Format.milliseconds(longest),
        ]
    }

    /// The headings above ``cells``.
    static let headings = ["calls", "appends", "errors", "p50", "p99", "longest"]

    /// The same for programs.
    var facts: [String: Summary.Fact] {
        [
            "calls": .count(Int64(acknowledged)), "appends": .count(Int64(appends)), "errors": .count(Int64(errors)),
            "p50Milliseconds": .number(quantile(0.5).inMilliseconds),
            "p99Milliseconds": .number(quantile(0.99).inMilliseconds),
            "longestMilliseconds": .number(longest.inMilliseconds),
        ]
    }
}

/// What one cutover was for the writers, from their own calls alone.
struct CutoverFelt {
    let title: String
    /// Calls in flight when the cutover was asked for.
    let inFlightAtStart: Int
    /// Calls in flight at the end of the pause.
    let inFlightInPause: Int
    /// The longest time in which no call ended while the cutover lasted.
    let pause: Duration
    /// The longest of the calls that were in flight in the pause.
    let longestCall: Duration

    init(_ title: String, inFlightAtStart: Int, from start: Duration, to end: Duration, _ calls: [CallBook.Call]) {
        self.title = title
        self.inFlightAtStart = inFlightAtStart
        let ends = calls.map(\.end)
        // Calls go on after the cutover, so that a pause which outlasts it is seen to its end.
        let first = ends.firstIndex { $0 >= start } ?? ends.endIndex
        var pause = Duration.zero
        var pauseEnd = start
        var previous = start
        for time in ends[first...] {
            if time - previous > pause { (pause, pauseEnd) = (time - previous, time) }
            previous = time
            if time > end { break }
        }
        self.pause = pause
        let waiting = calls.filter { $0.start < pauseEnd && $0.end >= pauseEnd && $0.start <= end }
        inFlightInPause = waiting.count
        longestCall = waiting.map(\.length).max() ?? .zero
    }

    var description: String {
        """
        \(title): \(inFlightAtStart) calls in flight when it was asked for, \(inFlightInPause) in the pause, \
        \(Format.milliseconds(pause)) without an answer, longest call \(Format.milliseconds(longestCall))
        """
    }

    var facts: [String: Summary.Fact] {
        [
            "cutover": .text(title), "inFlightAtStart": .count(Int64(inFlightAtStart)),
            "inFlightInPause": .count(Int64(inFlightInPause)), "pauseMilliseconds": .number(pause.inMilliseconds),
            "longestCallMilliseconds": .number(longestCall.inMilliseconds),
        ]
    }
}
