/// Where a migration stands. The raw values are what is stored and printed.
public enum MigrationState: String, Sendable, Hashable, CaseIterable {
    /// Recorded; nothing was copied yet.
    case pending
    /// History is being copied; the application writes to the source only.
    case bulkCopy = "bulk_copy"
    /// The target follows the source, event by event.
    case dualWrite = "dual_write"
    /// Writes are parked while the last events are brought over; it ends by itself, one way or the other.
    case cutover
    /// Stopped by an operator; the application writes to the source only.
    case paused
    /// Done: the target is the active store.
    case migrated
    /// Ended by an error or an emergency stop; the source is the active store.
    case failed
    /// Ended by an operator, or turned back by a later migration; the source is the active store.
    case rolledBack = "rolled_back"

    /// Reads a stored or typed value; also the names that other tools use for the same states.
    ///
    /// `completed` is ``migrated``, `aborted` is ``rolledBack``, `trigger_cutover` is ``cutover``; they are never written.
    public init?(parsing text: String) {
        switch text {
        case "completed": self = .migrated
        case "aborted": self = .rolledBack
        case "trigger_cutover": self = .cutover
        default:
            guard let state = MigrationState(rawValue: text) else { return nil }
            self = state
        }
    }

    /// Whether a migration in this state has ended.
    public var isTerminal: Bool {
        switch self {
        case .migrated, .failed, .rolledBack: true
        case .pending, .bulkCopy, .dualWrite, .cutover, .paused: false
        }
    }
}
