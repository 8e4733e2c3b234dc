internal import CutoverCSQLite
internal import MigrationCore

/// One connection to a file, with its prepared statements. `interrupt()` and `busy` may be used from any thread.
///
/// Safety: opened without SQLite's own mutex, so used by one thread at a time: on the lane of the `Writer` or the `Checkpointer`
/// that has it, or by whoever took it out of the `ReaderPool`.
@safe final class Connection: @unchecked Sendable {
    private var handle: ConnectionHandle?
    private(set) var isClosed = false
    private var statements: [ObjectIdentifier: Statement] = [:]
    /// The pointer of `handle`; not used after `close()`.
    private let database: OpaquePointer
    let busy: BusyHandler
    let logSize = LogSize()

    enum Access {
        case readOnly
        case readWrite
        /// Creates the file if it is missing.
        case create
    }

    init(path: String, access: Access, busyTimeout: Duration) throws(StoreError) {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var pointer: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &pointer, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let pointer = unsafe pointer else {
            let error = unsafe StoreError.sqlite(code, database: pointer)
            unsafe sqlite3_close_v2(pointer)
            throw error
        }
        unsafe self.database = unsafe pointer
        self.handle = unsafe ConnectionHandle(pointer)
        self.busy = BusyHandler(limit: busyTimeout)
        try check(unsafe cutover_sqlite3_harden(database))
        // Until the file is known to be ours, closing it must leave its write-ahead log alone.
        try check(unsafe cutover_sqlite3_set_checkpoint_on_close(database, 0))
        installBusyHandler()
        installInterruptionCheck()
        // Debian builds SQLite with recursive triggers; the schema is written for connections with and without.
        try execute("PRAGMA recursive_triggers = OFF")
    }

    /// Waits with `busy` instead of failing at once when another connection holds the file.
    func installBusyHandler() {
        // Safety: the handler outlives the connection that calls it: both are stored in self, and no call is under way in deinit.
        let context = unsafe Unmanaged.passUnretained(busy).toOpaque()
        unsafe sqlite3_busy_handler(
            database,
            { context, attempts in
                guard let context = unsafe context else { return 0 }
                let busy = unsafe Unmanaged<BusyHandler>.fromOpaque(context).takeUnretainedValue()
                return busy.waits(afterAttempts: Int(attempts)) ? 1 : 0
            },
            context
        )
    }

    /// Fails at once with `SQLITE_BUSY` instead of waiting.
    func removeBusyHandler() {
        unsafe sqlite3_busy_handler(database, nil, nil)
    }

    /// Ends a statement whose interruption came just before it began: SQLite forgets an interruption while nothing runs.
    private func installInterruptionCheck() {
        // Safety: as with the busy handler.
        let context = unsafe Unmanaged.passUnretained(busy).toOpaque()
        unsafe sqlite3_progress_handler(
            database,
            10_000,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<BusyHandler>.fromOpaque(context).takeUnretainedValue().wasCancelled ? 1 : 0
            },
            context
        )
    }

    /// Makes the statement that runs on this connection, or begins to before `busy` is armed again, end soon with
    /// `SQLITE_INTERRUPT`.
    func interrupt() {
        busy.cancel()
        unsafe sqlite3_interrupt(database)
    }

    /// Takes the file as ours: closing it tidies up.
    func checkpointOnClose() throws(StoreError) {
        try check(unsafe cutover_sqlite3_set_checkpoint_on_close(database, 1))
    }

    /// Closes the file: the last act of the one who holds the connection.
    func close() {
        statements = [:]
        handle = nil
        isClosed = true
    }

    var isReadOnly: Bool { unsafe sqlite3_db_readonly(database, "main") == 1 }

    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(database) == 0 }

    /// Rows that this connection has inserted, updated or deleted since it was opened, those of triggers included.
    var totalChanges: Int64 { unsafe sqlite3_total_changes64(database) }

    /// Rows that the last statement inserted, updated or deleted.
    var changes: Int64 { unsafe sqlite3_changes64(database) }

    /// Lends the C handle, for the parts of the library that have no wrapper here.
    func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        unsafe body(database)
    }

    func check(_ code: Int32) throws(StoreError) {
        if code != SQLITE_OK { throw unsafe StoreError.sqlite(code, database: database) }
    }

    // MARK: Statements

    /// The prepared statement of a constant; prepared once for the connection's life.
    func statement(_ sql: SQL) throws(StoreError) -> Statement {
        let key = ObjectIdentifier(sql)
        if let statement = statements[key] { return statement }
        let statement = try prepare(sql.text, persistent: true)
        statements[key] = statement
        return statement
    }

    /// Prepares a statement that is put together at run time.
    func prepare(_ sql: String, persistent: Bool = false) throws(StoreError) -> Statement {
        var pointer: OpaquePointer?
        let flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        try check(unsafe sqlite3_prepare_v3(database, sql, -1, flags, &pointer, nil))
        guard let pointer = unsafe pointer else {
            throw StoreError.sqliteMisuse("An SQL text without a statement was prepared.")
        }
        return unsafe Statement(StatementHandle(pointer))
    }

    /// Runs statements without parameters or results, separated by semicolons.
    func execute(_ sql: String) throws(StoreError) {
        try check(unsafe sqlite3_exec(database, sql, nil, nil, nil))
    }

    /// The one integer that a statement without parameters returns; nil for no row.
    func integer(_ sql: String) throws(StoreError) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.int64(0) : nil
    }
}
