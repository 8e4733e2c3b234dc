internal import CutoverCSQLite

/// An open `sqlite3`, closed when its owner lets go of it.
@safe struct ConnectionHandle: ~Copyable {
    /// Safety: valid until `deinit`; used by the one thread that holds the `Connection`, except for `sqlite3_interrupt`, which
    /// SQLite allows from any thread while the connection is open.
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe sqlite3_close_v2(pointer)
    }
}

/// A prepared `sqlite3_stmt`, finalized when its owner lets go of it.
@safe struct StatementHandle: ~Copyable {
    /// Safety: valid until `deinit`; SQLite keeps its connection alive until then (`sqlite3_close_v2`).
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe sqlite3_finalize(pointer)
    }
}
