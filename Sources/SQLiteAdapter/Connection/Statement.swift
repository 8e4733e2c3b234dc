internal import CutoverCSQLite
internal import MigrationCore

/// A prepared statement: bind, step, read the columns, reset.
///
/// Belongs to the thread that holds its `Connection`. After `step()` has returned false do not step again before `reset()`:
/// SQLite would run the statement from the start.
final class Statement {
    private let handle: StatementHandle

    init(_ handle: consuming StatementHandle) {
        self.handle = handle
    }

    // MARK: Running

    /// Runs to the next row; false when there is none.
    func step() throws(StoreError) -> Bool {
        let code = unsafe sqlite3_step(handle.pointer)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw failure(code)
    }

    /// Runs a statement that returns no rows, and makes it ready for the next run.
    func run() throws(StoreError) {
        defer { reset() }
        while try step() {}
    }

    /// Ends the run, so that the statement holds no lock and no snapshot. The bindings stay.
    func reset() {
        unsafe sqlite3_reset(handle.pointer)
    }

    private func failure(_ code: Int32) -> StoreError {
        let database = unsafe sqlite3_db_handle(handle.pointer)
        return unsafe StoreError.sqlite(code, database: database)
    }

    private func check(_ code: Int32) throws(StoreError) {
        if code != SQLITE_OK { throw failure(code) }
    }

    // MARK: Binding (the first parameter is 1)

    /// The greatest number of a parameter.
    var parameterCount: Int32 { unsafe sqlite3_bind_parameter_count(handle.pointer) }

    func bind(_ index: Int32, _ value: Int64) throws(StoreError) {
        try check(unsafe sqlite3_bind_int64(handle.pointer, index, value))
    }

    func bind(_ index: Int32, _ value: Int64?) throws(StoreError) {
        if let value { try bind(index, value) } else { try bindNull(index) }
    }

    func bind(_ index: Int32, _ value: Double) throws(StoreError) {
        try check(unsafe sqlite3_bind_double(handle.pointer, index, value))
    }

    func bindNull(_ index: Int32) throws(StoreError) {
        try check(unsafe sqlite3_bind_null(handle.pointer, index))
    }

    func bind(_ index: Int32, _ text: String) throws(StoreError) {
        var text = text
        let code = text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe cutover_sqlite3_bind_text(
                    handle.pointer,
                    index,
                    characters.baseAddress ?? emptyText,
                    UInt64(characters.count)
                )
            }
        }
        try check(code)
    }

    func bind(_ index: Int32, _ text: String?) throws(StoreError) {
        if let text { try bind(index, text) } else { try bindNull(index) }
    }

    /// Binds UTF-8 bytes as text.
    func bindText(_ index: Int32, utf8 bytes: [UInt8]) throws(StoreError) {
        let code = unsafe bytes.withUnsafeBytes { bytes in
            unsafe cutover_sqlite3_bind_text(
                handle.pointer,
                index,
                bytes.assumingMemoryBound(to: CChar.self).baseAddress ?? emptyText,
                UInt64(bytes.count)
            )
        }
        try check(code)
    }

    func bind(_ index: Int32, _ blob: [UInt8]) throws(StoreError) {
        let code = unsafe blob.withUnsafeBytes { bytes in unsafe bindBlob(index, bytes) }
        try check(code)
    }

    /// Binds a copy of the bytes as a blob.
    func bind(_ index: Int32, bytes: UnsafeRawBufferPointer) throws(StoreError) {
        try check(unsafe bindBlob(index, bytes))
    }

    func bind(_ index: Int32, _ blob: [UInt8]?) throws(StoreError) {
        if let blob { try bind(index, blob) } else { try bindNull(index) }
    }

    private func bindBlob(_ index: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        // A blob without bytes is a blob, where a null pointer would bind NULL.
        guard let start = bytes.baseAddress, bytes.count > 0 else {
            return unsafe sqlite3_bind_zeroblob(handle.pointer, index, 0)
        }
        return unsafe cutover_sqlite3_bind_blob(handle.pointer, index, start, UInt64(bytes.count))
    }

    // MARK: Columns of the current row (the first is 0)

    func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle.pointer, column) == SQLITE_NULL
    }

    /// Whether the value has the storage class that this package writes; foreign rows may hold anything.
    func isBlob(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle.pointer, column) == SQLITE_BLOB }
    func isText(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle.pointer, column) == SQLITE_TEXT }
    func isInteger(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle.pointer, column) == SQLITE_INTEGER }

    func int64(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle.pointer, column)
    }

    func int64OrNil(_ column: Int32) -> Int64? {
        isNull(column) ? nil : int64(column)
    }

    /// The text of a column that this package wrote; bytes that are not UTF-8 are repaired.
    func text(_ column: Int32) -> String {
        unsafe withText(column) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    func textOrNil(_ column: Int32) -> String? {
        isNull(column) ? nil : text(column)
    }

    /// The text of a column that another program may have written; nil if it is not UTF-8.
    func validText(_ column: Int32) -> String? {
        unsafe withText(column) { unsafe String(validating: $0, as: UTF8.self) }
    }

    func bytes(_ column: Int32) -> [UInt8] {
        unsafe withBytes(column) { unsafe [UInt8]($0) }
    }

    func bytesOrNil(_ column: Int32) -> [UInt8]? {
        isNull(column) ? nil : bytes(column)
    }

    /// Lends the bytes of a blob or a text; they are gone with the next step.
    func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // The pointer first, then the count: the order that SQLite asks for.
        let start = unsafe sqlite3_column_blob(handle.pointer, column)
        let count = unsafe sqlite3_column_bytes(handle.pointer, column)
        return unsafe body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count)))
    }

    /// The UTF-8 bytes of a text, whatever storage class the value has.
    func textBytes(_ column: Int32) -> [UInt8] {
        unsafe withText(column) { unsafe [UInt8]($0) }
    }

    private func withText<Result>(_ column: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let start = unsafe sqlite3_column_text(handle.pointer, column)
        let count = unsafe sqlite3_column_bytes(handle.pointer, column)
        return unsafe body(UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(count)))
    }
}

/// Safety: a constant that is never written to.
private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    unsafe byte.initialize(to: 0)
    return unsafe UnsafePointer(byte)
}()
