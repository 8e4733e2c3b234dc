internal import CutoverCSQLite
internal import MigrationCore

/// A running `sqlite3_backup`, ended when its owner lets go of it.
@safe struct BackupHandle: ~Copyable {
    /// Safety: valid until `deinit`; both connections outlive it, since `BackupCopy` holds all three and frees this one first.
    private let pointer: OpaquePointer

    init?(from source: Connection, to target: Connection) {
        let pointer = unsafe source.withHandle { source in
            unsafe target.withHandle { target in unsafe sqlite3_backup_init(target, "main", source, "main") }
        }
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe sqlite3_backup_finish(pointer)
    }

    /// Copies pages and returns the result code.
    borrowing func step(_ pages: Int32) -> Int32 { unsafe sqlite3_backup_step(pointer, pages) }

    var pageCount: Int { unsafe Int(sqlite3_backup_pagecount(pointer)) }

    var remainingPageCount: Int { unsafe Int(sqlite3_backup_remaining(pointer)) }
}

/// The two connections of a backup and what copies between them.
///
/// Safety: belongs to the lane of its backup from the first step to the last.
final class BackupCopy: @unchecked Sendable {
    private let source: Connection
    private let target: Connection
    private var handle: BackupHandle?

    /// Begins a copy of the moment at which it is called: commits that come meanwhile are not in it and do not slow it down.
    init(from path: String, to partial: String, busyTimeout: Duration) throws(StoreError) {
        source = try Connection(path: path, access: .readOnly, busyTimeout: busyTimeout)
        target = try Connection(path: partial, access: .create, busyTimeout: busyTimeout)
        try source.execute("BEGIN")
        _ = try source.integer("SELECT count(*) FROM sqlite_schema")
        handle = BackupHandle(from: source, to: target)
        if handle == nil {
            throw unsafe target.withHandle { unsafe StoreError.sqlite(sqlite3_errcode($0), database: $0) }
        }
    }

    /// Copies some pages.
    func step(_ pages: Int) throws(StoreError) -> SQLiteDatabase.BackupProgress {
        guard let code = handle?.step(Int32(clamping: pages)) else { throw StoreError.closedStore }
        if code != SQLITE_OK && code != SQLITE_DONE {
            throw unsafe target.withHandle { unsafe StoreError.sqlite(code, database: $0) }
        }
        return SQLiteDatabase.BackupProgress(
            pageCount: handle?.pageCount ?? 0,
            remainingPageCount: handle?.remainingPageCount ?? 0
        )
    }

    /// Ends the copy, complete or not, and closes both files.
    func finish() {
        handle = nil
        target.close()
        source.close()
    }
}
