internal import CutoverCSQLite
internal import MigrationCore

/// How many pages the write-ahead log held after a connection's last commit; used on that connection's thread only.
final class LogSize {
    fileprivate(set) var pages = 0
}

extension Connection {
    /// Counts the pages of the write-ahead log from now on, and copies them into the file only when told to.
    func takeOverCheckpoints() {
        // Safety: as with the busy handler, the counter is stored in self and outlives the connection that calls back.
        let context = unsafe Unmanaged.passUnretained(logSize).toOpaque()
        unsafe withHandle { database in
            // Replaces the hook by which SQLite checkpoints inside a commit.
            _ = unsafe sqlite3_wal_hook(
                database,
                { context, _, _, pages in
                    guard let context = unsafe context else { return SQLITE_OK }
                    unsafe Unmanaged<LogSize>.fromOpaque(context).takeUnretainedValue().pages = Int(pages)
                    return SQLITE_OK
                },
                context
            )
        }
    }

    /// Copies the write-ahead log into the file as far as no reader needs it, and waits for nobody.
    ///
    /// - Returns: whether the whole log is in the file and on the disk, so that the next commit may begin the log anew.
    func copyLog() throws(StoreError) -> Bool {
        var pages: Int32 = 0
        var copied: Int32 = 0
        try check(
            unsafe withHandle { database in
                unsafe sqlite3_wal_checkpoint_v2(database, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &copied)
            }
        )
        return pages == copied
    }

    /// Waits until what was copied into the file is on the disk. SQLite itself does so only when it copied the whole log.
    func syncFile() throws(StoreError) {
        try check(unsafe withHandle { database in unsafe cutover_sqlite3_sync_file(database) })
    }
}
