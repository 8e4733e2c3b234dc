internal import MigrationCore

/// Events as rows: the one place that knows the order of the columns.
enum EventRow {
    /// The columns that `EventDecoder` reads, in its order.
    static let columns = """
        position, stream, version, id, type, schema_version, occurred_at, recorded_at, correlation_id, causation_id, actor, \
        metadata, payload, digest
        """

    private static let insert: SQL = """
        INSERT INTO events (\(columns), tenant)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        """
    private static let byID: SQL = "SELECT \(columns) FROM events WHERE tenant = ?1 AND id = ?2"
    private static let existence: SQL = "SELECT 1 FROM events WHERE tenant = ?1 AND id = ?2"
    private static let version: SQL = "SELECT max(version) FROM events WHERE tenant = ?1 AND stream = ?2"
    private static let digest: SQL = "SELECT digest FROM events WHERE tenant = ?1 AND position = ?2"
    private static let deletion: SQL = "DELETE FROM events WHERE tenant = ?1 AND position > ?2"

    /// Stores events; a unique index refuses what cannot be.
    static func insert(
        _ events: [StoredEvent],
        of tenant: TenantID,
        on connection: Connection
    ) throws(StoreError) {
        let statement = try connection.statement(insert)
        // A binding outlives the reset, so what all rows share is bound once.
        try statement.bind(15, tenant.text)
        for event in events {
            try statement.bind(1, event.position)
            try statement.bind(2, event.stream.text)
            try statement.bind(3, event.version)
            try statement.bind(4, event.id.bytes)
            try statement.bind(5, event.type)
            try statement.bind(6, Int64(event.schemaVersion))
            try statement.bind(7, event.occurredAt.millisecondsSinceEpoch)
            try statement.bind(8, event.recordedAt.millisecondsSinceEpoch)
            try statement.bind(9, event.correlationID)
            try statement.bind(10, event.causationID)
            try statement.bind(11, event.actor)
            try statement.bind(12, event.metadata.bson)
            try statement.bind(13, event.payload.bson)
            try statement.bind(14, event.digest.bytes)
            do throws(StoreError) {
                try statement.run()
            } catch {
                throw error.uniqueEvent(event, tenant: tenant)
            }
        }
    }

    static func event(
        _ id: EventID,
        of tenant: TenantID,
        on connection: Connection
    ) throws(StoreError) -> StoredEvent? {
        let row = try connection.statement(byID)
        defer { row.reset() }
        try row.bind(1, tenant.text)
        try row.bind(2, id.bytes)
        guard try row.step() else { return nil }
        var decoder = EventDecoder(tenant: tenant)
        return try decoder.event(in: row)
    }

    static func contains(_ id: EventID, of tenant: TenantID, on connection: Connection) throws(StoreError) -> Bool {
        let row = try connection.statement(existence)
        defer { row.reset() }
        try row.bind(1, tenant.text)
        try row.bind(2, id.bytes)
        return try row.step()
    }

    /// The version of a stream's last event; 0 when it has none.
    static func version(
        of stream: StreamID,
        tenant: TenantID,
        on connection: Connection
    ) throws(StoreError) -> Int64 {
        let row = try connection.statement(version)
        defer { row.reset() }
        try row.bind(1, tenant.text)
        try row.bind(2, stream.text)
        return try row.step() ? row.int64(0) : 0
    }

    /// The chained digest at a position; nil when there is no event.
    static func digest(
        at position: Int64,
        of tenant: TenantID,
        on connection: Connection
    ) throws(StoreError) -> LogDigest? {
        if position == 0 { return .empty }
        let row = try connection.statement(digest)
        defer { row.reset() }
        try row.bind(1, tenant.text)
        try row.bind(2, position)
        guard try row.step() else { return nil }
        guard let digest = LogDigest(bytes: row.bytes(0)) else {
            throw StoreError.damagedEvent("digest", tenant: tenant, position: position)
        }
        return digest
    }

    /// Removes the events behind a position.
    static func delete(after position: Int64, of tenant: TenantID, on connection: Connection) throws(StoreError) {
        let statement = try connection.statement(deletion)
        try statement.bind(1, tenant.text)
        try statement.bind(2, position)
        try statement.run()
    }
}

extension StoreError {
    static func damagedEvent(_ column: StaticString, tenant: TenantID, position: Int64) -> StoreError {
        StoreError(
            .corrupt,
            "The column \(column) of an event is damaged; verify the log and repair it from this position on.",
            context: .init(tenant: tenant, position: position)
        )
    }

    /// What it means that a unique index refused an event, where that is known.
    fileprivate func uniqueEvent(_ event: StoredEvent, tenant: TenantID) -> StoreError {
        guard let failure = sqliteFailure, failure.isUniqueConstraint else { return self }
        let context = Context(tenant: tenant, position: event.position)
        if failure.message.hasSuffix("events.id") {
            return StoreError(
                .duplicateEvent,
                "An event with this id is in the tenant's log at another place; ids are unique within a tenant.",
                context: context,
                underlying: failure
            )
        }
        return StoreError(
            .corrupt,
            "The log holds an event where its head says that there is none; verify the log and repair it.",
            context: context,
            underlying: failure
        )
    }
}
