internal import CutoverCSQLite
public import MigrationCore

extension SQLiteDatabase {
    /// Opens a file, makes sure that it is one of ours, and creates or upgrades its tables.
    ///
    /// - Parameters:
    ///   - path: The file. Its folder must exist, be on a local disk and allow files to be created beside it.
    ///   - configuration: How to open it.
    /// - Throws: `invalidConfiguration`, `unavailable` (missing or not accessible), `readOnly`, `corrupt`, `foreignFile` (not
    ///   a database, or another program's), `newerSchema`, `busy`. A file that is refused is left as it was.
    public static func open(
        at path: String,
        configuration: Configuration = Configuration()
    ) async throws(StoreError) -> SQLiteDatabase {
        try configuration.validate(path: path)
        let connection = try Connection(
            path: path,
            access: configuration.access.connectionAccess,
            busyTimeout: configuration.busyTimeout
        )
        let name = "sqlite-\(path.split(separator: "/").last ?? "")"
        let checkpointer = Checkpointer(name: name) { () throws(StoreError) -> Connection in
            let connection = try Connection(path: path, access: .readWrite, busyTimeout: configuration.busyTimeout)
            try connection.checkpointOnClose()
            try connection.apply(configuration)
            return connection
        }
        let writer = Writer(connection: connection, checkpointer: checkpointer, name: name)
        do throws(StoreError) {
            try await writer.run { (connection) throws(StoreError) in
                try connection.adopt(configuration)
            }
        } catch {
            await writer.stop()
            throw error
        }
        let readers = ReaderPool(laneCount: configuration.readerLaneCount, name: name) {
            () throws(StoreError) -> Connection in
            let connection = try Connection(
                path: path,
                access: .readOnly,
                busyTimeout: configuration.busyTimeout
            )
            try connection.apply(configuration)
            return connection
        }
        return SQLiteDatabase(path: path, configuration: configuration, writer: writer, readers: readers)
    }
}

extension SQLiteDatabase.Configuration {
    fileprivate func validate(path: String) throws(StoreError) {
        func refuse(_ message: String) throws(StoreError) -> Never {
            throw StoreError.sqliteConfiguration(message)
        }
        if path.isEmpty || path.hasPrefix(":") || path.utf8.contains(0) {
            try refuse("Name a file: a database in memory or a temporary one cannot be shared by several connections.")
        }
        if readerLaneCount < 1 { try refuse("Set readerLaneCount to 1 or more.") }
        if busyTimeout < .zero { try refuse("Set busyTimeout to zero or more.") }
        if pageCacheBytes < 0 { try refuse("Set pageCacheBytes to zero or more.") }
        if maximumIdleLogBytes < 0 { try refuse("Set maximumIdleLogBytes to zero or more.") }
        if retainedChangeCount < 1 { try refuse("Set retainedChangeCount to 1 or more.") }
        if sqlite3_threadsafe() == 0 {
            try refuse("This libsqlite3 was built for one thread only; install one that was not.")
        }
        if sqlite3_libversion_number() < 3_037_000 {
            try refuse("Install libsqlite3 3.37 or later.")
        }
    }
}

extension SQLiteDatabase.Access {
    fileprivate var connectionAccess: Connection.Access {
        switch kind {
        case .readOnly: .readOnly
        case .readWrite: .create
        case .existing: .readWrite
        }
    }
}

extension Connection {
    /// Settings of one connection; none of them changes the file.
    fileprivate func apply(_ configuration: SQLiteDatabase.Configuration) throws(StoreError) {
        let isFull = configuration.durability == .full && !Mutant.commitWithoutSync.isOn
        let synchronous = isFull ? "FULL" : "NORMAL"
        try execute(
            """
            PRAGMA synchronous = \(synchronous);
            PRAGMA cache_size = -\(max(configuration.pageCacheBytes / 1024, 1));
            PRAGMA journal_size_limit = \(configuration.maximumIdleLogBytes);
            """
        )
    }

    /// Looks at the file before anything is changed in it, then makes it ready for writing.
    fileprivate func adopt(_ configuration: SQLiteDatabase.Configuration) throws(StoreError) {
        let found = try schemaVersion()
        if configuration.access == .readOnly {
            guard found == Schema.version else { throw .sqliteSchema(found: found, needed: Schema.version) }
            return try apply(configuration)
        }
        if isReadOnly { throw .sqliteReadOnlyFile }
        if found > Schema.version { throw .sqliteSchema(found: found, needed: Schema.version) }
        try checkpointOnClose()
        try switchToWriteAheadLog()
        try apply(configuration)
        takeOverCheckpoints()
        if found < Schema.version { try upgrade() }
    }

    /// The schema of our file, 0 for an empty one; any other file is refused.
    private func schemaVersion() throws(StoreError) -> Int64 {
        // One statement, so that another process that creates the schema right now is seen as a whole or not at all.
        let statement = try prepare(
            """
            SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
                (SELECT count(*) FROM sqlite_schema)
            """
        )
        guard try statement.step() else { return 0 }
        let (application, version, tables) = (statement.int64(0), statement.int64(1), statement.int64(2))
        if application == Schema.applicationID { return version }
        guard application == 0, version == 0, tables == 0 else { throw .sqliteForeignFile }
        return 0
    }

    private func switchToWriteAheadLog() throws(StoreError) {
        let statement = try prepare("PRAGMA journal_mode = WAL")
        guard try statement.step(), statement.text(0) == "wal" else {
            throw .sqliteConfiguration(
                "The file system does not allow a write-ahead log here; put the file on a local disk."
            )
        }
    }

    /// Runs the missing steps in one transaction; another process may have been faster.
    private func upgrade() throws(StoreError) {
        try writeTransaction { () throws(StoreError) in
            let found = try schemaVersion()
            if found > Schema.version { throw .sqliteSchema(found: found, needed: Schema.version) }
            for step in Schema.upgrades[Int(found)...] {
                for sql in step { try execute(sql) }
            }
            try execute("PRAGMA application_id = \(Schema.applicationID)")
            try execute("PRAGMA user_version = \(Schema.version)")
        }
    }
}
