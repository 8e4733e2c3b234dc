/// How a process shares a tenant's log with others that append to it, too.
///
/// Whoever appended last knows the length of the log and is first again, for ever if it has enough to do; the others have to look
/// before each attempt, and always come too late. So after a record of its own a process waits for as long as another one
/// needs to look and to append, as long as there is another one.
struct LogPace: Sendable {
    /// So long after its last record another process counts as busy.
    private static let rivalry = Duration.seconds(1)
    private static let longestPause = Duration.milliseconds(50)

    private var rivalSeen: Duration?
    private var lastIsOwn = false
    private var request = Duration.zero

    /// Notes that records of somebody else were read.
    mutating func readOthers(at time: Duration) {
        rivalSeen = time
        lastIsOwn = false
    }

    /// Notes a record of this process, and how long its request took.
    mutating func appended(in time: Duration) {
        lastIsOwn = true
        request = time
    }

    /// Whether another process appends, too, so that what is known is probably not all.
    func hasRival(at time: Duration) -> Bool { rivalSeen.map { time - $0 < Self.rivalry } ?? false }

    /// How long to let others go first.
    func pause(at time: Duration) -> Duration {
        lastIsOwn && hasRival(at: time) ? min(request * 3, Self.longestPause) : .zero
    }
}
