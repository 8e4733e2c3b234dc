public import MigrationCore

/// The event store in a MongoDB replica set: tenant logs with heads, chained digests and fences.
///
/// Fence check, positions, events and head are one transaction, acknowledged by a majority with its journals; appends to one
/// tenant that wait together are committed together. Any number of processes on any number of machines may append. Unique
/// indexes in the server stand behind positions, versions and event ids.
///
/// ```swift
/// let connection = try await MongoConnection.open("mongodb://db1,db2,db3/?replicaSet=main")
/// let store = try await MongoEventStore.open("orders", on: connection, database: "shop")
/// ```
public final class MongoEventStore: FencedEventStore {
    public let id: StoreID
    public let capabilities: EventStoreCapabilities
    /// The database that holds the collections of the store.
    public let database: String

    let connection: MongoConnection
    let queue: AppendQueue
    let changes: WaitList<TenantID>
    let now: @Sendable () -> WallTime
    let timeline: Timeline
    private let ownsConnection: Bool
    private let isClosed = Locked(false)

    /// Opens the store in a database of a connection that may serve other stores as well, and creates what it lacks.
    ///
    /// - Parameters:
    ///   - id: the name under which the store is registered.
    ///   - connection: the connection; closing the store leaves it open.
    ///   - database: the database; its collections `cutover.heads` and `cutover.events` belong to the store.
    ///   - now: the wall time, for events that come without a time of recording.
    ///   - clock: what waiting for events is timed by.
    /// - Throws: `invalidConfiguration` for a name that MongoDB does not take; `unavailable`, `notPermitted`, `closed`.
    public static func open(
        _ id: StoreID,
        on connection: MongoConnection,
        database: String,
        now: @escaping @Sendable () -> WallTime = { .now() },
        clock: any Clock<Duration> = ContinuousClock()
    ) async throws(StoreError) -> MongoEventStore {
        try await open(id, connection, database, ownsConnection: false, now: now, clock: clock)
    }

    /// Opens a connection for this store alone; closing the store closes it. The database is the one in the URI's path.
    ///
    /// - Throws: as ``MongoConnection/open(_:configuration:)``; `invalidConfiguration` when the URI names no database.
    public static func open(
        _ id: StoreID,
        at uri: String,
        configuration: MongoConnection.Configuration = .init()
    ) async throws(StoreError) -> MongoEventStore {
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
                clock: ContinuousClock()
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
        clock: any Clock<Duration>
    ) async throws(StoreError) -> MongoEventStore {
        do throws(StoreError) {
            try DatabaseName.check(database)
            try await connection.lanes.run { (client) throws(StoreError) in
                try client.createEventCollections(in: database)
            }
        } catch {
            throw error.from(id)
        }
        return MongoEventStore(id, connection, database, ownsConnection: ownsConnection, now: now, clock: clock)
    }

    private init(
        _ id: StoreID,
        _ connection: MongoConnection,
        _ database: String,
        ownsConnection: Bool,
        now: @escaping @Sendable () -> WallTime,
        clock: any Clock<Duration>
    ) {
        self.id = id
        self.connection = connection
        self.database = database
        self.ownsConnection = ownsConnection
        self.now = now
        timeline = Timeline(clock)
        let changes = WaitList<TenantID>()
        self.changes = changes
        queue = AppendQueue(connection: connection, database: database) { changes.signal($0) }
        capabilities = EventStoreCapabilities(
            maximumEventBytes: MongoLimits.maximumDocumentBytes - 1_024,
            maximumAppendEvents: 10_000,
            maximumAppendBytes: 48 << 20,
            durability: .replicated
        )
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        queue.close()
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

    /// Runs a read behind the tenant's fence.
    ///
    /// The fence is looked at *after* the events: it only grows, so a fence that still admits the reader did so before.
    ///
    /// - Returns: What `body` returns with the head, or nil for a tenant without one.
    func read<Value: Sendable>(
        _ tenant: TenantID,
        epoch: Epoch,
        _ body: @escaping @Sendable (MongoClient, String) throws(StoreError) -> Value
    ) async throws(StoreError) -> (Value, TenantHead)? {
        let (id, database) = (id, database)
        return try await connection.lanes.run { (client) throws(StoreError) -> (Value, TenantHead)? in
            let value = try body(client, database)
            guard let head = try client.head(of: tenant, in: database) else { return nil }
            if case .refused(let code) = head.fence.admitsRead(epoch) {
                throw head.fence.error(code, tenant: tenant, store: id)
            }
            return (value, head)
        }
    }
}

extension MongoURI {
    /// The database in the path, or `invalidConfiguration`.
    var requiredDatabase: String {
        get throws(StoreError) {
            if let database { return database }
            throw StoreError(
                .invalidConfiguration,
                "The connection string names no database; add one to its path, as in mongodb://host/shop."
            )
        }
    }
}

/// The rule for names of databases.
enum DatabaseName {
    static func check(_ name: String) throws(StoreError) {
        let forbidden = Set("/\\. \"$*<>:|?\u{0}".utf8)
        guard (1...63).contains(name.utf8.count), !name.utf8.contains(where: forbidden.contains) else {
            throw StoreError(
                .invalidConfiguration,
                "A database's name has 1 to 63 bytes, and none of the characters that MongoDB keeps for itself."
            )
        }
        guard !["admin", "local", "config"].contains(name) else {
            throw StoreError(.invalidConfiguration, "The databases admin, local and config belong to MongoDB.")
        }
    }
}
