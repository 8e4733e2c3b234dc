/// How a process shares a tenant's log with others that append to it, too.
///
/// Whoever appended last knows the length of the log and is first again, for ever if it has enough to do; the others have to look
/// before each attempt, and always come too late. So after a record of its own a process waits for as long as another one
/// needs to look and to append, as long as there is another one. How long that is, it learns: one that comes too late knocks,
/// with a fence that raises nothing, and each knock doubles the wait until others are heard of.
struct LogPace: Sendable {
    /// So long after its last record another process counts as busy.
    private static let rivalry = Duration.seconds(2)
    private static let longestPause = Duration.seconds(1)

    private var rivalSeen: Duration?
    private var lastIsOwn = false
    private var request = Duration.zero
    private var factor = 1
    private var ownKnock: String?

    /// Notes a record that was read and not appended here.
    mutating func read(_ record: LogRecord, at time: Duration) {
        guard record.stamp != ownKnock else { return }
        rivalSeen = time
        if case .fence = record.content {
            factor = min(factor * 2, 256)
        } else {
            factor = max(factor / 2, 1)
            lastIsOwn = false
        }
    }

    /// Notes a record of this process, and how long its request took. Who was not heard of for long needs no wait any more.
    mutating func appended(in time: Duration, at now: Duration) {
        lastIsOwn = true
        request = time
        if !hasRival(at: now) { factor = 1 }
    }

    /// Notes the mark of a knock of this process.
    mutating func knocked(_ stamp: String) { ownKnock = stamp }

    /// Whether another process appends, too, so that what is known is probably not all.
    func hasRival(at time: Duration) -> Bool { rivalSeen.map { time - $0 < Self.rivalry } ?? false }

    /// How long to let others go first.
    func pause(at time: Duration) -> Duration {
        lastIsOwn && hasRival(at: time) ? min(request * 3 * factor, Self.longestPause) : .zero
    }
}
