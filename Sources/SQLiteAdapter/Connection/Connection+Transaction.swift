internal import MigrationCore

extension Connection {
    /// Runs `body` as one write transaction: all of it is durable when this returns, or none of it ever is.
    ///
    /// `BEGIN IMMEDIATE` takes the write lock at once, so that what `body` reads cannot change before it writes, and so that
    /// the only wait, with the busy handler's limit, is at the start.
    func writeTransaction<Result>(
        _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try statement(.beginImmediate).run()
        do throws(StoreError) {
            let result = try body()
            try commit()
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Runs `body` with one unchanging view of the file.
    func readTransaction<Result>(
        _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try statement(.begin).run()
        defer { rollBack() }
        return try body()
    }

    private func commit() throws(StoreError) {
        do throws(StoreError) {
            try statement(.commit).run()
        } catch {
            throw error.duringCommit
        }
    }

    /// Gives up what is open. SQLite has already done so itself after some errors, for example a full disk.
    private func rollBack() {
        guard isInTransaction else { return }
        // A rollback can only fail where the connection is beyond use, and then nothing was committed either.
        try? statement(.rollback).run()
    }
}

extension SQL {
    fileprivate static let begin: SQL = "BEGIN"
    fileprivate static let beginImmediate: SQL = "BEGIN IMMEDIATE"
    fileprivate static let commit: SQL = "COMMIT"
    fileprivate static let rollback: SQL = "ROLLBACK"
}
