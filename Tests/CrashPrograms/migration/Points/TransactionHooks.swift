import CutoverCSQLite

/// Makes every connection to SQLite that this process opens tell ``CrashPoints`` where its transactions are.
///
/// SQLite itself offers the way in: an automatic extension sees each new connection and leaves its hooks there.
enum TransactionHooks {
    private typealias Extension =
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, UnsafeRawPointer?) -> Int32

    static func install() {
        let entry: Extension = { database, _, _ in
            guard let database else { return SQLITE_OK }
            let context = UnsafeMutableRawPointer(database)
            sqlite3_update_hook(database, { context, _, _, _, _ in TransactionHooks.tell(context, .row) }, context)
            sqlite3_commit_hook(
                database,
                { context in
                    TransactionHooks.tell(context, .inside)
                    return 0
                },
                context
            )
            return SQLITE_OK
        }
        // SQLite declares it without parameters and calls it with these three (sqlite3.h, sqlite3_auto_extension).
        sqlite3_auto_extension(unsafeBitCast(entry, to: (@convention(c) () -> Void).self))
    }

    private static func tell(_ context: UnsafeMutableRawPointer?, _ moment: CrashPoint.Moment) {
        guard let context, let path = sqlite3_db_filename(OpaquePointer(context), "main") else { return }
        let file = String(cString: path).split(separator: "/").last.map(String.init) ?? ""
        CrashPoints.shared.transaction(of: file, at: moment)
    }
}
