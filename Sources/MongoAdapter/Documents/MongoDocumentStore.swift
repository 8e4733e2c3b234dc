public import MigrationCore

/// The document store in a MongoDB replica set: collections whose documents other programs read and write as well.
///
/// A document lies in the open, its fields as they are, with one hidden field for its version and expiry. Documents that other
/// programs write are documents like any other; their tag is made from their content until this library writes them.
///
/// **Other writers.** A condition on a tag holds against every writer that replaces whole documents, and against one that updates
/// single fields as long as it also unsets `_cutover`, which invalidates the tag: `{$set: {...}, $unset: {_cutover: ""}}`.
///
/// ```swift
/// let connection = try await MongoConnection.open("mongodb://db1,db2,db3/?replicaSet=main")
/// let store = try await MongoDocumentStore.open("shop", on: connection, database: "shop")
/// ```
public final class MongoDocumentStore: DocumentStore {
    public let id: StoreID
    public let capabilities: DocumentStoreCapabilities
    /// The database that holds the collections.
    public let database: String

    let connection: MongoConnection
    let now: @Sendable () -> WallTime
    let timeline: Timeline
    let etags: ETagSource
    let catalog: CollectionCatalog
    private let ownsConnection: Bool
    private let isClosed = Locked(false)

    /// Opens the store in a database of a connection that may serve other stores as well.
    ///
    /// - Parameters:
    ///   - id: the name under which the store is registered.
    ///   - connection: the connection; closing the store leaves it open.
    ///   - database: the database; collections whose names begin with `cutover.` belong to the library.
    ///   - now: the wall time that documents expire by.
    ///   - clock: what waiting is timed by.
    ///   - random: where tags come from.
    /// - Throws: `invalidConfiguration` for a name that MongoDB does not take; `unavailable`, `notPermitted`, `closed`.
    public static func open(
        _ id: StoreID,
        on connection: MongoConnection,
        database: String,
        now: @escaping @Sendable () -> WallTime = { .now() },
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system
    ) async throws(StoreError) -> MongoDocumentStore {
        try await open(id, connection, database, ownsConnection: false, now: now, clock: clock, random: random)
    }

    /// Opens a connection for this store alone; closing the store closes it. The database is the one in the URI's path.
    ///
    /// - Throws: as ``MongoConnection/open(_:configuration:)``; `invalidConfiguration` when the URI names no database.
    public static func open(
        _ id: StoreID,
        at uri: String,
        configuration: MongoConnection.Configuration = .init()
    ) async throws(StoreError) -> MongoDocumentStore {
        let connection: MongoConnection
        do throws(StoreError) {
            connection = try await MongoConnection.open(uri, configuration: configuration)
        } catch {
            throw error.from(id)
        }
        do throws(StoreError) {
            let database = try connection.uri.requiredDatabase
            return try await open(
                id,
                connection,
                database,
                ownsConnection: true,
                now: { .now() },
                clock: ContinuousClock(),
                random: .system
            )
        } catch {
            await connection.close()
            throw error.from(id)
        }
    }

    private static func open(
        _ id: StoreID,
        _ connection: MongoConnection,
        _ database: String,
        ownsConnection: Bool,
        now: @escaping @Sendable () -> WallTime,
        clock: any Clock<Duration>,
        random: RandomSource
    ) async throws(StoreError) -> MongoDocumentStore {
        do throws(StoreError) {
            try DatabaseName.check(database)
            // It also makes the database exist, which change streams ask for.
            try await connection.lanes.run { (client) throws(StoreError) in
                do throws(StoreError) {
                    try client.createCollection(CollectionCatalog.collection, in: database)
                } catch  where error.code == .notPermitted {
                    // A user who may only read has a source to read from all the same; writes say what they lack.
                }
            }
        } catch {
            throw error.from(id)
        }
        return MongoDocumentStore(
            id,
            connection,
            database,
            ownsConnection: ownsConnection,
            now: now,
            timeline: Timeline(clock),
            random: random
        )
    }

    private init(
        _ id: StoreID,
        _ connection: MongoConnection,
        _ database: String,
        ownsConnection: Bool,
        now: @escaping @Sendable () -> WallTime,
        timeline: Timeline,
        random: RandomSource
    ) {
        self.id = id
        self.connection = connection
        self.database = database
        self.ownsConnection = ownsConnection
        self.now = now
        self.timeline = timeline
        etags = ETagSource(random)
        catalog = CollectionCatalog(database: database, timeline: timeline)
        capabilities = DocumentStoreCapabilities(
            // The hidden field, the longest id and the envelope of a command have to fit beside the body.
            maximumDocumentBytes: MongoLimits.maximumDocumentBytes - (32 << 10),
            maximumIDBytes: 8_192,
            maximumTransactionWrites: 1_000,
            createsCollectionsOnWrite: true,
            supportsExpiry: true,
            changeHistory: .latestVersionsAndDeletes,
            durability: .replicated
        )
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        if ownsConnection { await connection.close() }
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
            try check(key)
            let (database, now) = (database, now)
            return try await connection.lanes.run { (client) throws(StoreError) in
                try client.decidingRead { (session) throws(StoreError) in
                    try client.documents([key], in: database, now: now(), session: session)[key]
                }
            }
        }
    }

    public func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        try await named { () async throws(StoreError) -> [StoredDocument?] in
            for key in keys { try check(key) }
            let (database, now) = (database, now)
            return try await connection.lanes.run { (client) throws(StoreError) in
                var found: [DocumentKey: StoredDocument] = [:]
                for (_, keys) in Dictionary(grouping: Set(keys), by: \.collection) {
                    for start in stride(from: 0, to: keys.count, by: 1_000) {
                        let part = keys[start..<min(keys.count, start + 1_000)]
                        found.merge(try client.documents(part, in: database, now: now())) { first, _ in first }
                    }
                }
                return keys.map { found[$0] }
            }
        }
    }

    func check(_ key: DocumentKey) throws(StoreError) {
        try CollectionCatalog.check(key.collection, database: database)
        try DocumentRules.check(key, capabilities: capabilities)
    }
}

extension MongoClient {
    /// The documents under keys of one collection, without those that have expired.
    fileprivate func documents(
        _ keys: some Collection<DocumentKey>,
        in database: String,
        now: WallTime,
        session: MongoSession? = nil
    ) throws(StoreError) -> [DocumentKey: StoredDocument] {
        guard let collection = keys.first?.collection else { return [:] }
        let places = keys.flatMap { DocumentPlace.candidates($0).map(\.value) }
        let wanted = Set(keys)
        var documents: [DocumentKey: StoredDocument] = [:]
        unsafe try find(
            ["_id": ["$in": .array(places)]],
            in: collection.nameInMongoDB,
            of: database,
            in: session
        ) { (bytes) throws(StoreError) in
            let row = unsafe StoredForm.row(in: [UInt8](bytes), of: collection)
            if case .unreadable(let row, _) = row, row.key.map({ !wanted.contains($0) }) ?? false { return true }
            let found = try row.document(in: collection)
            if wanted.contains(found.key), !found.isExpired(at: now) { documents[found.key] = found.stored }
            return true
        }
        return documents
    }
}
