internal import CutoverCSQLite
internal import MigrationCore

/// What the C library said: kept as the underlying error of a ``StoreError``.
struct SQLiteFailure: Error, Sendable, Hashable {
    /// The extended result code, see <https://sqlite.org/rescode.html>.
    let resultCode: Int32
    /// The library's own words.
    let message: String

    /// The low byte: the code without its refinement.
    var primaryCode: Int32 { resultCode & 0xFF }

    /// `SQLITE_CONSTRAINT_UNIQUE`, whose macro Swift does not see. The message ends with the columns of the index.
    var isUniqueConstraint: Bool { resultCode == SQLITE_CONSTRAINT | (8 << 8) }
}

extension StoreError {
    /// What a result code means for the caller.
    static func sqlite(_ resultCode: Int32, database: OpaquePointer?) -> StoreError {
        let text = unsafe database == nil ? sqlite3_errstr(resultCode) : sqlite3_errmsg(database)
        let message = unsafe text.map { unsafe String(cString: $0) } ?? ""
        let failure = SQLiteFailure(resultCode: resultCode, message: message)
        let (code, advice) = meaning(of: failure)
        return StoreError(code, advice, underlying: failure)
    }

    private static func meaning(of failure: SQLiteFailure) -> (Code, String) {
        switch failure.primaryCode {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            (.busy, "Another process kept the SQLite file locked until the deadline; try again, or raise busyTimeout.")
        case SQLITE_FULL:
            (
                .diskFull,
                "The disk of the SQLite file is full; make room and repeat the call, nothing of it was applied."
            )
        case SQLITE_READONLY, SQLITE_PERM:
            (.readOnly, "The SQLite file cannot be written to; check its permissions and how it was opened.")
        case SQLITE_CORRUPT:
            (.corrupt, "The SQLite file is damaged; restore a backup, or recover it with the sqlite3 shell.")
        case SQLITE_NOTADB:
            (.foreignFile, "The file is not an SQLite database; name another file.")
        case SQLITE_CANTOPEN:
            (.unavailable, "The SQLite file cannot be opened; check that it and its folder exist and are accessible.")
        case SQLITE_INTERRUPT:
            (.cancelled, "The call was cancelled while SQLite ran it.")
        case SQLITE_IOERR where failure.resultCode == corruptFileSystem:
            (.corrupt, "The file system under the SQLite file is damaged; check the disk and restore a backup.")
        case SQLITE_IOERR:
            (.unavailable, "The disk under the SQLite file failed; check it before you try again.")
        case SQLITE_NOMEM:
            (.unavailable, "SQLite got no memory; try again when there is some.")
        case SQLITE_TOOBIG:
            (.documentTooLarge, "A value is larger than SQLite holds.")
        case SQLITE_AUTH:
            (.notPermitted, "SQLite refused the statement.")
        case SQLITE_CONSTRAINT:
            (.corrupt, "A constraint of the SQLite file does not hold; run integrityCheck.")
        case SQLITE_ERROR, SQLITE_SCHEMA:
            (.corrupt, "The tables are not those of the schema version that the SQLite file claims; restore a backup.")
        default:
            (.internalInconsistency, "SQLite was used in a way that it refuses; please report this.")
        }
    }

    /// `SQLITE_IOERR_CORRUPTFS`, whose macro Swift does not see.
    private static let corruptFileSystem = SQLITE_IOERR | (33 << 8)

    /// The same error, met while a commit was under way: a disk that failed then may or may not hold the commit.
    var duringCommit: StoreError {
        guard let failure = sqliteFailure, failure.primaryCode == SQLITE_IOERR else { return self }
        return StoreError(
            .outcomeUnknown,
            "The disk failed while a commit was written; open the file again and look whether it is there.",
            context: context,
            underlying: failure
        )
    }

    /// The library's own code, where the error came from it.
    var sqliteFailure: SQLiteFailure? { underlying as? SQLiteFailure }

    /// Whether another connection holds the file.
    var isBusyFile: Bool { code == .busy }

    /// Whether the error would meet every other call as well, so that repeating each alone is of no use.
    ///
    /// A full disk is not among them: what fails together may have room alone.
    var isAboutTheFile: Bool {
        switch sqliteFailure?.primaryCode {
        case SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_CORRUPT, SQLITE_IOERR, SQLITE_NOTADB, SQLITE_PROTOCOL,
            SQLITE_READONLY:
            true
        default: false
        }
    }
}

extension StoreError {
    static let closedStore = StoreError(.closed, "The SQLite store was closed; open it again.")

    static let cancelledCall = StoreError(.cancelled, "The task was cancelled before SQLite began with the call.")

    static func sqliteConfiguration(_ message: String) -> StoreError {
        StoreError(.invalidConfiguration, message)
    }

    static let sqliteForeignFile = StoreError(
        .foreignFile,
        "The SQLite file belongs to another program; name another file. Nothing was changed in it."
    )

    static let sqliteReadOnlyFile = StoreError(
        .readOnly,
        "The SQLite file cannot be written to; allow it, or open the file with access .readOnly."
    )

    static func sqliteSchema(found: Int64, needed: Int64) -> StoreError {
        found > needed
            ? StoreError(
                .newerSchema,
                "The SQLite file has schema \(found) and this library knows \(needed); update the library."
            )
            : StoreError(
                .invalidConfiguration,
                "The SQLite file has schema \(found) and needs \(needed); open it once for writing to upgrade it."
            )
    }

    static func sqliteMisuse(_ message: String) -> StoreError {
        StoreError(.internalInconsistency, message)
    }
}
