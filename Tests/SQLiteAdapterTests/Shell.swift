import CutoverCSQLite

/// Another program that opens the file: a plain connection with SQLite's defaults and its own statements.
struct Shell {
    let path: String

    /// Runs statements and returns the rows of the last one, each value as text.
    @discardableResult
    func run(_ sql: String) throws -> [[String?]] {
        var database: OpaquePointer?
        guard sqlite3_open(path, &database) == SQLITE_OK else { throw Failure(message: "cannot open") }
        defer { sqlite3_close(database) }
        sqlite3_busy_timeout(database, 5_000)
        var rows: [[String?]] = []
        var rest: String? = sql
        while let text = rest, !text.allSatisfy(\.isWhitespace) {
            var statement: OpaquePointer?
            var consumed = 0
            let code = text.withCString { start in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v2(database, start, -1, &statement, &tail)
                if let tail { consumed = tail - start }
                return code
            }
            guard code == SQLITE_OK else { throw Failure(message: String(cString: sqlite3_errmsg(database))) }
            defer { sqlite3_finalize(statement) }
            rows = []
            var step = sqlite3_step(statement)
            while step == SQLITE_ROW {
                rows.append(
                    (0..<sqlite3_column_count(statement)).map { column in
                        sqlite3_column_text(statement, column).map { String(cString: $0) }
                    }
                )
                step = sqlite3_step(statement)
            }
            guard step == SQLITE_DONE || statement == nil else {
                throw Failure(message: String(cString: sqlite3_errmsg(database)))
            }
            rest = String(decoding: Array(text.utf8).dropFirst(consumed), as: UTF8.self)
        }
        return rows
    }

    struct Failure: Error {
        let message: String
    }
}
