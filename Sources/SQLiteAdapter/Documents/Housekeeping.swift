internal import MigrationCore

/// What writes do on the side, a little at a time: removing documents that have expired, and changes that are too old.
final class Housekeeping: Sendable {
    /// Changes are pruned after this many writes.
    private static let pruningInterval = 1_024
    /// Expired documents of a collection are looked for at most this often.
    private static let purgingInterval = Duration.seconds(1)
    private static let maximumPurgeCount = 100
    private static let maximumPruneCount = 8 * pruningInterval

    private let retainedChangeCount: Int
    private let state = Locked(State())

    private struct State {
        var writesSincePruning = 0
        var lastPurge: [CollectionName: WallTime] = [:]
    }

    init(retainedChangeCount: Int) {
        self.retainedChangeCount = retainedChangeCount
    }

    /// Inside a write transaction that has applied some writes to a collection.
    func run(
        afterWrites count: Int,
        to collection: CollectionName,
        now: WallTime,
        on connection: Connection
    ) throws(StoreError) {
        let (prunes, purges) = state.withLock { state in
            state.writesSincePruning += count
            let prunes = state.writesSincePruning >= Self.pruningInterval
            if prunes { state.writesSincePruning = 0 }
            let isDue = state.lastPurge[collection].map { $0.duration(to: now) >= Self.purgingInterval } ?? true
            if isDue { state.lastPurge[collection] = now }
            return (prunes, isDue)
        }
        if purges {
            _ = try Self.purge(collection, limit: Self.maximumPurgeCount, now: now, on: connection)
        }
        if prunes { try prune(on: connection) }
    }

    /// Removes documents that have expired; returns how many.
    static func purge(
        _ collection: CollectionName,
        limit: Int,
        now: WallTime,
        on connection: Connection
    ) throws(StoreError) -> Int {
        let statement = try connection.statement(.purge)
        try statement.bind(1, collection.text)
        try statement.bind(2, now.millisecondsSinceEpoch)
        try statement.bind(3, Int64(limit))
        try statement.run()
        return Int(connection.changes)
    }

    /// Removes changes beyond the number that is kept.
    private func prune(on connection: Connection) throws(StoreError) {
        let statement = try connection.statement(.prune)
        try statement.bind(1, Int64(retainedChangeCount))
        try statement.bind(2, Int64(Self.maximumPruneCount))
        try statement.run()
    }
}

extension SQL {
    fileprivate static let purge: SQL = """
        DELETE FROM documents WHERE number IN (
            SELECT number FROM documents WHERE collection = ?1 AND expires_at <= ?2 LIMIT ?3
        )
        """
    fileprivate static let prune: SQL = """
        DELETE FROM changes
        WHERE sequence <= (SELECT max(sequence) FROM changes) - ?1
            AND sequence < (SELECT min(sequence) FROM changes) + ?2
        """
}
