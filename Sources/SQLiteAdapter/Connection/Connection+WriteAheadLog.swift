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
    /// When that was all of it, it is on the disk as well, and the next commit begins the log anew.
    func copyLog() throws(StoreError) {
        try check(
            unsafe withHandle { database in
                unsafe sqlite3_wal_checkpoint_v2(database, "main", SQLITE_CHECKPOINT_PASSIVE, nil, nil)
            }
        )
    }

    /// Waits until what was copied into the file is on the disk. SQLite itself does so only when nothing was committed meanwhile.
    func syncFile() throws(StoreError) {
        try check(unsafe withHandle { database in unsafe cutover_sqlite3_sync_file(database) })
    }
}
