internal import CutoverCMongo
internal import CutoverCMongoShims
public import MigrationCore

/// A pool of clients of one MongoDB replica set, shared by the stores in its databases.
///
/// Opening it proves that the promises of the stores can hold, or fails by name: the server is a member of a replica set and
/// knows transactions, and the URI asks for nothing less than majority, journalled writes and majority reads from the primary.
///
/// ```swift
/// let connection = try await MongoConnection.open("mongodb://db1,db2,db3/?replicaSet=main&tls=true")
/// let events = try await MongoEventStore.open("orders", on: connection, database: "shop")
/// ```
public final class MongoConnection: Sendable {
    /// The connection string; its description shows no credentials.
    public let uri: MongoURI
    let configuration: Configuration
    let lanes: ClientLanes
    /// Where change streams are waited for, so that they keep no other call waiting.
    let feeds: ClientLanes

    private init(uri: MongoURI, configuration: Configuration, pool: PoolHandle) {
        self.uri = uri
        self.configuration = configuration
        let time = CausalTime()
        lanes = ClientLanes(pool: pool, time: time, count: configuration.laneCount, name: "mongo")
        feeds = ClientLanes(pool: pool, time: time, count: configuration.feedLaneCount, name: "mongo-feed")
    }

    /// Opens a connection and asks the server what it is.
    ///
    /// - Throws: `invalidConfiguration` for a URI that is none or that asks for weaker concerns; `unsupported` for a server that is
    ///   no replica set or too old; `unauthenticated`, `notPermitted`, `unavailable`.
    public static func open(
        _ uri: String,
        configuration: Configuration = Configuration()
    ) async throws(StoreError) -> MongoConnection {
        guard configuration.laneCount >= 1, configuration.feedLaneCount >= 1 else {
            throw StoreError(.invalidConfiguration, "A connection needs at least one lane of each kind.")
        }
        let parsed = try ParsedURI(uri)
        let address = try MongoURI(uri)
        try parsed.demandPromises()
        parsed.fill(with: configuration)
        let outcome = MongoOutcome()
        let maximum = UInt32(configuration.laneCount + configuration.feedLaneCount)
        guard
            let pool = unsafe cutover_mongo_pool_new(
                outcome.pointer,
                parsed.pointer,
                maximum,
                configuration.applicationName
            )
        else {
            throw StoreError(
                .invalidConfiguration,
                "libmongoc cannot make a pool from the connection string; check its TLS options and DNS name."
            )
        }
        let connection = unsafe MongoConnection(uri: address, configuration: configuration, pool: PoolHandle(pool))
        do throws(StoreError) {
            try await connection.lanes.run { (client) throws(StoreError) in try client.proveServer() }
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    /// Ends the connection: calls under way finish, later ones throw `closed`. Closing again does nothing.
    public func close() async {
        await feeds.stop()
        await lanes.stop()
    }
}

extension ParsedURI {
    /// Refuses options under which an acknowledged write could be lost or a stale value decide.
    fileprivate func demandPromises() throws(StoreError) {
        func refuse(_ option: String, _ needed: String) -> StoreError {
            StoreError(
                .invalidConfiguration,
                "The connection string sets \(option) to less than the stores promise; leave it out or set it to \(needed)."
            )
        }
        if let concern = unsafe mongoc_uri_get_write_concern(pointer) {
            let isDefault = unsafe mongoc_write_concern_get_w(concern) == MONGOC_WRITE_CONCERN_W_DEFAULT
            guard unsafe isDefault || mongoc_write_concern_get_wmajority(concern) else { throw refuse("w", "majority") }
            let setsJournal = unsafe mongoc_write_concern_journal_is_set(concern)
            guard unsafe !setsJournal || mongoc_write_concern_get_journal(concern) else {
                throw refuse("journal", "true")
            }
        }
        if let concern = unsafe mongoc_uri_get_read_concern(pointer),
            let level = unsafe mongoc_read_concern_get_level(concern).map({ unsafe String(cString: $0) }),
            level != "majority", level != "linearizable"
        {
            throw refuse("readConcernLevel", "majority")
        }
        if let preference = unsafe mongoc_uri_get_read_prefs_t(pointer),
            unsafe mongoc_read_prefs_get_mode(preference) != MONGOC_READ_PRIMARY
        {
            throw refuse("readPreference", "primary")
        }
        if has("retrywrites"), unsafe !mongoc_uri_get_option_as_bool(pointer, "retrywrites", true) {
            throw refuse("retryWrites", "true")
        }
    }

    /// Adds what the URI leaves out.
    fileprivate func fill(with configuration: MongoConnection.Configuration) {
        let times = [
            ("serverselectiontimeoutms", configuration.serverSelectionTimeout),
            ("connecttimeoutms", configuration.connectTimeout), ("sockettimeoutms", configuration.socketTimeout),
        ]
        for (option, time) in times where !has(option) {
            let milliseconds = Int32(clamping: time.wholeMilliseconds)
            unsafe mongoc_uri_set_option_as_int32(pointer, option, max(1, milliseconds))
        }
        let write = unsafe mongoc_write_concern_new()
        unsafe mongoc_write_concern_set_wmajority(write, Int32(clamping: configuration.socketTimeout.wholeMilliseconds))
        unsafe mongoc_write_concern_set_journal(write, true)
        unsafe mongoc_uri_set_write_concern(pointer, write)
        unsafe mongoc_write_concern_destroy(write)
        let read = unsafe mongoc_read_concern_new()
        unsafe mongoc_read_concern_set_level(read, "majority")
        unsafe mongoc_uri_set_read_concern(pointer, read)
        unsafe mongoc_read_concern_destroy(read)
    }
}

extension Duration {
    /// Whole milliseconds, rounded down, as far as 64 bits hold them.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000)
        if overflows { return seconds < 0 ? .min : .max }
        return product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
    }
}

extension MongoConnection {
    /// Removes a database with everything in it, for tests and for targets that are given up.
    package func dropDatabase(_ name: String) async throws(StoreError) {
        try await lanes.run { (client) throws(StoreError) in
            _ = try client.command(["dropDatabase": 1], on: name, .write)
        }
    }
}
