internal import CutoverCMongo
internal import CutoverCMongoShims
internal import Synchronization

/// The latest operation time that any client of a connection has seen.
///
/// A causally consistent session reads nothing older than what went through it before. Calls of one caller go through the sessions of
/// several clients, so each is told this time before it reads: a connection reads what it has written and never goes back, also from a
/// primary that has just been elected.
final class CausalTime: Sendable {
    /// The seconds in the upper half and the counter of that second in the lower, which orders them as the server does; 0 is none.
    private let latest = Atomic<UInt64>(0)

    /// Tells a session what was seen by others.
    func tell(_ session: MongoSession) {
        let time = latest.load(ordering: .acquiring)
        guard time != 0 else { return }
        unsafe cutover_mongo_session_advance(
            session.pointer,
            UInt32(truncatingIfNeeded: time >> 32),
            UInt32(truncatingIfNeeded: time)
        )
    }

    /// Takes over what a session has seen.
    func note(_ session: MongoSession) {
        let time = unsafe cutover_mongo_session_time(session.pointer)
        latest.max(UInt64(time.seconds) << 32 | UInt64(time.counter), ordering: .acquiringAndReleasing)
    }
}
