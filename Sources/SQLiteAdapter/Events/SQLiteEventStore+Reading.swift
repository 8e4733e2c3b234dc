public import MigrationCore

extension SQLiteEventStore {
    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try check { () throws(StoreError) in
            try EventRules.check(limit: limit)
            try EventRules.check(position: position)
        }
        return try await read(tenant, epoch: epoch, isBounded: false) { (connection, head) throws(StoreError) in
            let row = try connection.statement(.log)
            try row.bind(1, tenant.text)
            try row.bind(2, position)
            try row.bind(3, Int64(limit))
            let expected = min(Int64(limit), max(head.position - position, 0))
            return try row.events(of: tenant, expectedCount: Int(expected))
        } ?? []
    }

    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try check { () throws(StoreError) in
            try EventRules.check(limit: limit)
            try EventRules.check(start: start)
        }
        return try await read(tenant, epoch: epoch, isBounded: false) { (connection, _) throws(StoreError) in
            let (sql, version): (SQL, Int64) =
                switch start {
                case .forward(let version): (.streamForward, version)
                case .backward(let version): (.streamBackward, version)
                }
            let row = try connection.statement(sql)
            try row.bind(1, tenant.text)
            try row.bind(2, stream.text)
            try row.bind(3, version)
            try row.bind(4, Int64(limit))
            return try row.events(of: tenant, expectedCount: 0)
        } ?? []
    }

    public func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await read(tenant, epoch: epoch, isBounded: true) { (_, head) throws(StoreError) in head }
    }

    public func checkpoint(
        tenant: TenantID,
        at position: Int64,
        epoch: Epoch
    ) async throws(StoreError) -> LogCheckpoint? {
        try check { () throws(StoreError) in try EventRules.check(position: position) }
        let place = try await read(tenant, epoch: epoch, isBounded: true) {
            (connection, head) throws(StoreError) -> LogCheckpoint? in
            guard position <= head.position else { return nil }
            if position == head.position { return head.checkpoint }
            return try EventRow.digest(at: position, of: tenant, on: connection)
                .map { LogCheckpoint(position: position, digest: $0) }
        }
        // Without a head there is no log, and it begins where all logs begin.
        return place ?? (position == 0 ? .beginning : nil)
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await read(tenant, epoch: epoch, isBounded: true) { (connection, _) throws(StoreError) in
            try EventRow.version(of: stream, tenant: tenant, on: connection)
        } ?? 0
    }

    public func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await read(tenant, epoch: epoch, isBounded: true) { (connection, _) throws(StoreError) in
            try EventRow.contains(event, of: tenant, on: connection)
        } ?? false
    }

    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try check { () throws(StoreError) in try EventRules.check(limit: limit) }
        try enter()
        do throws(StoreError) {
            return try await database.readers.read { (connection) throws(StoreError) in
                try HeadRow.tenants(after: tenant, limit: limit, on: connection)
            }
        } catch {
            throw error.from(id)
        }
    }

    private func check(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        do throws(StoreError) {
            try body()
        } catch {
            throw error.from(id)
        }
    }
}

extension Statement {
    /// The events of all rows.
    fileprivate func events(of tenant: TenantID, expectedCount: Int) throws(StoreError) -> [StoredEvent] {
        defer { reset() }
        var decoder = EventDecoder(tenant: tenant)
        var events: [StoredEvent] = []
        events.reserveCapacity(expectedCount)
        while try step() { events.append(try decoder.event(in: self)) }
        return events
    }
}

extension SQL {
    fileprivate static let log: SQL = """
        SELECT \(EventRow.columns) FROM events WHERE tenant = ?1 AND position > ?2 ORDER BY position LIMIT ?3
        """
    fileprivate static let streamForward: SQL = """
        SELECT \(EventRow.columns) FROM events WHERE tenant = ?1 AND stream = ?2 AND version >= ?3
        ORDER BY version LIMIT ?4
        """
    fileprivate static let streamBackward: SQL = """
        SELECT \(EventRow.columns) FROM events WHERE tenant = ?1 AND stream = ?2 AND version <= ?3
        ORDER BY version DESC LIMIT ?4
        """
}
