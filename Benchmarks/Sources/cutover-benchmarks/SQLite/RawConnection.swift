internal import BenchmarksCSQLite

/// A connection as a program has it that uses SQLite's C API directly: the reference of all SQLite measures.
final class RawConnection {
    private let database: OpaquePointer

    /// Opens a file that the adapter has created, so that schema and indexes are the same, with the adapter's settings.
    init(_ path: String, durability: String = "FULL") throws {
        var database: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &database, flags, nil) == SQLITE_OK, let database else { throw RawFailure(path) }
        self.database = database
        try execute("PRAGMA synchronous = \(durability)")
        try execute("PRAGMA cache_size = -8192")
        try execute("PRAGMA journal_size_limit = \(64 << 20)")
    }

    deinit { sqlite3_close_v2(database) }

    func execute(_ sql: String) throws {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else {
            throw RawFailure("\(sql): \(String(cString: sqlite3_errmsg(database)))")
        }
    }

    func prepare(_ sql: String) throws -> RawStatement {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
            let statement
        else { throw RawFailure("\(sql): \(String(cString: sqlite3_errmsg(database)))") }
        return RawStatement(statement)
    }
}

/// A prepared statement. Bound bytes must stay where they are until the statement was stepped.
final class RawStatement {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { sqlite3_finalize(pointer) }

    func bind(_ index: Int32, _ number: Int64) { sqlite3_bind_int64(pointer, index, number) }

    func bind(_ index: Int32, text: UnsafeRawBufferPointer) {
        let bytes = text.baseAddress?.assumingMemoryBound(to: CChar.self)
        sqlite3_bind_text64(pointer, index, bytes, UInt64(text.count), nil, UInt8(SQLITE_UTF8))
    }

    func bind(_ index: Int32, blob: UnsafeRawBufferPointer) {
        sqlite3_bind_blob64(pointer, index, blob.baseAddress, UInt64(blob.count), nil)
    }

    func bind(_ index: Int32, text: [UInt8]) { text.withUnsafeBytes { bindCopy(index, $0, isText: true) } }

    func bind(_ index: Int32, blob: [UInt8]) { blob.withUnsafeBytes { bindCopy(index, $0, isText: false) } }

    func bind(_ index: Int32, column: Int32, of row: RawStatement) {
        sqlite3_bind_value(pointer, index, sqlite3_column_value(row.pointer, column))
    }

    private func bindCopy(_ index: Int32, _ bytes: UnsafeRawBufferPointer, isText: Bool) {
        // SQLITE_TRANSIENT: SQLite copies the bytes before it returns.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        if isText {
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text64(pointer, index, start, UInt64(bytes.count), transient, UInt8(SQLITE_UTF8))
        } else {
            sqlite3_bind_blob64(pointer, index, bytes.baseAddress, UInt64(bytes.count), transient)
        }
    }

    /// Steps to the next row; false at the end.
    func step() throws -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw RawFailure("step failed with \(code)")
        }
    }

    /// Steps a statement without rows and makes it ready for the next time; bindings stay.
    func run() throws {
        while try step() {}
        sqlite3_reset(pointer)
    }

    func reset() { sqlite3_reset(pointer) }

    func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    /// Copies the bytes of a text or blob to the end of a buffer.
    func copy(_ column: Int32, to buffer: inout [UInt8]) {
        let bytes = sqlite3_column_blob(pointer, column)
        buffer.append(
            contentsOf: UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(pointer, column)))
        )
    }
}

/// A call of the C API that failed.
struct RawFailure: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
