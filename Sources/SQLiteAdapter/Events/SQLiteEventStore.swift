public import MigrationCore

/// The event store in an SQLite file: tenant logs with heads, chained digests and fences.
///
/// Fence check, positions, events and head are one transaction, and appends that wait for the disk together are committed
/// together. Any number of processes on one machine may append to one file. Payload and metadata are stored as the bytes that
/// the digest covers; everything else is a column, for plain SQL to look at.
///
/// ```swift
/// let store = try await SQLiteEventStore.open("orders", at: "/var/lib/shop/orders.sqlite")
/// let events = store.unrouted()
/// ```
public final class SQLiteEventStore: FencedEventStore {
    public let id: StoreID
    public let capabilities: EventStoreCapabilities

    let database: SQLiteDatabase
    let now: @Sendable () -> WallTime
    let clock: any Clock<Duration>
    private let ownsDatabase: Bool
    private let isClosed = Locked(false)

    /// Makes a store on a file that is open already, and may serve other stores as well.
    ///
    /// - Parameters:
    ///   - id: The name under which the store is registered.
    ///   - database: The file; closing the store leaves it open.
    ///   - now: The wall time, for events that come without a time of recording.
    ///   - clock: What waiting for events is timed by.
    public convenience init(
        _ id: StoreID,
        in database: SQLiteDatabase,
        now: @escaping @Sendable () -> WallTime = { .now() },
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.init(id, database: database, ownsDatabase: false, now: now, clock: clock)
    }

    /// Opens a file for this store alone; closing the store closes it.
    ///
    /// - Throws: As ``SQLiteDatabase/open(at:configuration:)``.
    public static func open(
        _ id: StoreID,
        at path: String,
        configuration: SQLiteDatabase.Configuration = .init()
    ) async throws(StoreError) -> SQLiteEventStore {
        do throws(StoreError) {
            let database = try await SQLiteDatabase.open(at: path, configuration: configuration)
            return SQLiteEventStore(
                id,
                database: database,
                ownsDatabase: true,
                now: { .now() },
                clock: ContinuousClock()
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
        clock: any Clock<Duration>
    ) {
        self.id = id
        self.database = database
        self.ownsDatabase = ownsDatabase
        self.now = now
        self.clock = clock
        self.capabilities = EventStoreCapabilities(
            maximumEventBytes: 64 << 20,
            maximumAppendEvents: 65_536,
            maximumAppendBytes: 512 << 20,
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

    /// Runs a work in a write transaction, together with others that wait.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try enter()
        do throws(StoreError) {
            return try await database.writer.write(body)
        } catch {
            throw error.from(id)
        }
    }

    /// Runs a read behind the tenant's fence: fence and events are of one moment.
    ///
    /// - Returns: What `body` returns, or nil for a tenant without a head.
    func read<Value: Sendable>(
        _ tenant: TenantID,
        epoch: Epoch,
        isBounded: Bool,
        _ body: @escaping @Sendable (Connection, TenantHead) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value? {
        try enter()
        let id = id
        let work: @Sendable (Connection) throws(StoreError) -> Value? = { (connection) throws(StoreError) in
            try connection.readTransaction { () throws(StoreError) -> Value? in
                guard let head = try HeadRow.read(tenant, on: connection) else { return nil }
                if case .refused(let code) = head.fence.admitsRead(epoch) {
                    throw head.fence.error(code, tenant: tenant, store: id)
                }
                return try body(connection, head)
            }
        }
        do throws(StoreError) {
            return isBounded ? try await database.readers.readInline(work) : try await database.readers.read(work)
        } catch {
            throw error.from(id)
        }
    }
}
