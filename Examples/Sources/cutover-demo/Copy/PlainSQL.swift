internal import ExamplesCSQLite

/// A connection of the demo's own to a file of the library: what any program with SQLite can do to it.
final class PlainSQL {
    private let database: OpaquePointer

    /// A value that is bound, or read.
    enum Cell: Equatable {
        case null
        case integer(Int64)
        case text(String)
        case blob([UInt8])
    }

    init(_ path: String) throws {
        var database: OpaquePointer?
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK, let database else {
            throw DemoFailure("\(path) cannot be opened")
        }
        self.database = database
        sqlite3_busy_timeout(database, 5_000)
    }

    deinit { sqlite3_close_v2(database) }

    /// Runs one statement and returns its rows.
    @discardableResult
    func run(_ sql: String, _ cells: [Cell] = []) throws -> [[Cell]] {
        var pointer: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &pointer, nil) == SQLITE_OK, let pointer else { throw failure(sql) }
        defer { sqlite3_finalize(pointer) }
        for (index, cell) in cells.enumerated() { bind(cell, Int32(index + 1), pointer) }
        var rows: [[Cell]] = []
        while true {
            switch sqlite3_step(pointer) {
            case SQLITE_ROW: rows.append((0..<sqlite3_column_count(pointer)).map { cell($0, pointer) })
            case SQLITE_DONE: return rows
            default: throw failure(sql)
            }
        }
    }

    /// Runs a statement that must change exactly one row itself, whatever triggers do.
    func changeOne(_ sql: String, _ cells: [Cell]) throws {
        try run(sql, cells)
        guard sqlite3_changes(database) == 1 else {
            throw DemoFailure("\(sqlite3_changes(database)) rows were changed instead of one: \(sql)")
        }
    }

    private func bind(_ cell: Cell, _ index: Int32, _ pointer: OpaquePointer) {
        // SQLITE_TRANSIENT: SQLite copies the bytes before it returns.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch cell {
        case .null: sqlite3_bind_null(pointer, index)
        case .integer(let number): sqlite3_bind_int64(pointer, index, number)
        case .text(let text): sqlite3_bind_text(pointer, index, text, -1, transient)
        case .blob(let bytes): sqlite3_bind_blob64(pointer, index, bytes, UInt64(bytes.count), transient)
        }
    }

    private func cell(_ column: Int32, _ pointer: OpaquePointer) -> Cell {
        switch sqlite3_column_type(pointer, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(pointer, column))
        case SQLITE_NULL: return .null
        case SQLITE_TEXT: return .text(String(cString: sqlite3_column_text(pointer, column)))
        default:
            let bytes = sqlite3_column_blob(pointer, column)
            let count = Int(sqlite3_column_bytes(pointer, column))
            return .blob(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
        }
    }

    private func failure(_ sql: String) -> DemoFailure {
        DemoFailure("\(String(cString: sqlite3_errmsg(database))): \(sql)")
    }
}
