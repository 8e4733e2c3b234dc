extension Schema {
    /// Tenant logs: one head per tenant, and the events. The unique indexes make a wrong write impossible, whoever writes.
    static let events: [String] = [
        """
        CREATE TABLE heads (
            tenant TEXT NOT NULL PRIMARY KEY,
            position INTEGER NOT NULL,
            digest BLOB NOT NULL,
            digest_version INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            route BLOB NOT NULL,
            role TEXT NOT NULL,
            successor TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE events (
            number INTEGER PRIMARY KEY,
            tenant TEXT NOT NULL,
            position INTEGER NOT NULL,
            stream TEXT NOT NULL,
            version INTEGER NOT NULL,
            id BLOB NOT NULL,
            type TEXT NOT NULL,
            schema_version INTEGER NOT NULL,
            occurred_at INTEGER NOT NULL,
            recorded_at INTEGER NOT NULL,
            correlation_id TEXT,
            causation_id TEXT,
            actor TEXT,
            metadata BLOB NOT NULL,
            payload BLOB NOT NULL,
            digest BLOB NOT NULL
        ) STRICT
        """,
        "CREATE UNIQUE INDEX events_by_position ON events (tenant, position)",
        "CREATE UNIQUE INDEX events_by_stream ON events (tenant, stream, version)",
        "CREATE UNIQUE INDEX events_by_id ON events (tenant, id)",
    ]
}
