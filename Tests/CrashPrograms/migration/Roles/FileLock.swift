import CutoverCSQLite

/// A process that takes the write lock of a file and keeps it, as a backup program or a stuck one would: until it gives the
/// lock back, nobody can write to the file.
enum FileLock {
    static func hold(_ path: String, milliseconds: Int32) {
        var database: OpaquePointer?
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            Report.fail("cannot open \(path)")
        }
        sqlite3_busy_timeout(database, 2_000)
        if sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK {
            sqlite3_sleep(milliseconds)
            sqlite3_exec(database, "ROLLBACK", nil, nil, nil)
        }
        sqlite3_close_v2(database)
    }
}
