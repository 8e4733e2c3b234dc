import MigrationCore

/// A wall clock that a test moves.
final class ManualTime: Sendable {
    private let milliseconds = Locked<Int64>(0)

    /// The time for a store.
    var now: @Sendable () -> WallTime {
        { WallTime(millisecondsSinceEpoch: self.milliseconds.withLock { $0 }) }
    }

    func set(_ time: Int64) { milliseconds.withLock { $0 = time } }
}
