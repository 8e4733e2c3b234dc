public import MigrationCore

/// The document store in an SQLite file: collections of documents as rows that plain SQL reads and writes.
///
/// A body is canonical Extended JSON text, id and partition key are texts, and triggers keep etags and the change feed true
/// whoever writes. What another program inserts with the sqlite3 shell is a document like any other. Point reads run where
/// their caller runs; writes that wait for the disk together are committed together.
///
/// ```swift
/// let store = try await SQLiteDocumentStore.open("shop", at: "/var/lib/shop/shop.sqlite")
/// let outcome = try await store.write(["total": 42], to: DocumentKey(collection: "orders", id: "order-1"))
/// ```
public final class SQLiteDocumentStore: DocumentStore {
    public let id: StoreID
    public let capabilities: DocumentStoreCapabilities

    let database: SQLiteDatabase
    let now: @Sendable () -> WallTime
    let clock: any Clock<Duration>
    let etags: ETagSource
    let housekeeping: Housekeeping
    private let ownsDatabase: Bool
    private let isClosed = Locked(false)

    /// Makes a store on a file that is open already, and may serve other stores as well.
    ///
    /// - Parameters:
    ///   - id: The name under which the store is registered.
    ///   - database: The file; closing the store leaves it open.
    ///   - now: The wall time that documents expire by.
    ///   - clock: What waiting for changes is timed by.
    ///   - random: Where etags come from.
    public convenience init(
        _ id: StoreID,
        in database: SQLiteDatabase,
        now: @escaping @Sendable () -> WallTime = { .now() },
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system
    ) {
        self.init(id, database: database, ownsDatabase: false, now: now, clock: clock, random: random)
    }

    /// Opens a file for this store alone; closing the store closes it.
    ///
    /// - Throws: As ``SQLiteDatabase/open(at:configuration:)``.
    public static func open(
        _ id: StoreID,
        at path: String,
        configuration: SQLiteDatabase.Configuration = .init()
    ) async throws(StoreError) -> SQLiteDocumentStore {
        do throws(StoreError) {
            let database = try await SQLiteDatabase.open(at: path, configuration: configuration)
            return SQLiteDocumentStore(
                id,
                database: database,
                ownsDatabase: true,
                now: { .now() },
                clock: ContinuousClock(),
                random: .system
            )
        } catch {
            throw error.from(id)
        }
    }

    private init(
        _ id: StoreID,
        database: SQLiteDatabase,
        ownsDatabase: Bool,
        now: @escaping @Sendable () -> WallTime,
        clock: any Clock<Duration>,
        random: RandomSource
    ) {
        self.id = id
        self.database = database
        self.ownsDatabase = ownsDatabase
        self.now = now
        self.clock = clock
        self.etags = ETagSource(random)
        self.housekeeping = Housekeeping(retainedChangeCount: database.configuration.retainedChangeCount)
        self.capabilities = DocumentStoreCapabilities(
            maximumIDBytes: 8_192,
            maximumTransactionWrites: 10_000,
            createsCollectionsOnWrite: true,
            supportsExpiry: true,
            changeHistory: .latestVersionsAndDeletes,
            durability: database.configuration.durability == .full ? .machineCrash : .processCrash
        )
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        database.committed.fire()
        if ownsDatabase { await database.close() }
    }

    // MARK: One way in

    /// Checks what every call checks first.
    func enter() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw StoreError.closedStore.from(id) }
        if Task.isCancelled { throw StoreError.cancelledCall.from(id) }
    }

    /// Runs a call and names this store in the error that it may end with.
    func named<Value: Sendable>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        do throws(StoreError) {
            try enter()
            return try await body()
        } catch {
            throw error.from(id)
        }
    }

    // MARK: Reading by key

    public func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try await named { () async throws(StoreError) -> StoredDocument? in
            try DocumentRules.check(key, capabilities: capabilities)
            return try await database.readers.readInline { [now] (connection) throws(StoreError) in
                try connection.document(key, now: now())
            }
        }
    }

    public func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        try await named { () async throws(StoreError) -> [StoredDocument?] in
            for key in keys { try DocumentRules.check(key, capabilities: capabilities) }
            let work: @Sendable (Connection) throws(StoreError) -> [StoredDocument?] = {
                [now] (connection) throws(StoreError) in
                var documents: [StoredDocument?] = []
                documents.reserveCapacity(keys.count)
                for key in keys { documents.append(try connection.document(key, now: now())) }
                return documents
            }
            // Few keys take less time than the hop to a lane.
            return keys.count <= 8 ? try await database.readers.readInline(work) : try await database.readers.read(work)
        }
    }
}

extension Connection {
    /// The document under a key, unless it has expired.
    fileprivate func document(_ key: DocumentKey, now: WallTime) throws(StoreError) -> StoredDocument? {
        let row = try statement(.documentByKey)
        defer { row.reset() }
        try row.bind(1, key.collection.text)
        try row.bind(2, key.partition.text)
        try row.bind(3, key.id.text)
        guard try row.step() else { return nil }
        let expiresAt = row.int64OrNil(2).map { WallTime(millisecondsSinceEpoch: $0) }
        if let expiresAt, expiresAt <= now { return nil }
        switch DocumentDecoder.row(key, body: 0, etag: 1, expiresAt: expiresAt, in: row) {
        case .document(let document): return document
        case .expired: return nil
        case .unreadable(let unreadable): throw unreadable.storeError(in: key.collection)
        }
    }
}

extension SQL {
    fileprivate static let documentByKey: SQL = """
        SELECT body, etag, expires_at FROM documents WHERE collection = ?1 AND partition = ?2 AND id = ?3
        """
}
