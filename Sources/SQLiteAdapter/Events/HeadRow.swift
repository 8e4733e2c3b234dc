internal import MigrationCore

/// The heads of the tenants' logs as rows.
enum HeadRow {
    private static let select: SQL = """
        SELECT position, digest, digest_version, epoch, route, role, successor FROM heads WHERE tenant = ?1
        """
    private static let insert: SQL = """
        INSERT INTO heads (position, digest, digest_version, epoch, route, role, successor, tenant)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """
    private static let update: SQL = """
        UPDATE heads SET position = ?1, digest = ?2, digest_version = ?3, epoch = ?4, route = ?5, role = ?6, successor = ?7
        WHERE tenant = ?8
        """
    private static let tenants: SQL = "SELECT tenant FROM heads WHERE tenant > ?1 ORDER BY tenant LIMIT ?2"

    static func read(_ tenant: TenantID, on connection: Connection) throws(StoreError) -> TenantHead? {
        let row = try connection.statement(select)
        defer { row.reset() }
        try row.bind(1, tenant.text)
        guard try row.step() else { return nil }
        let successor = row.isNull(6) ? nil : try? StoreID(row.text(6))
        guard let digest = LogDigest(bytes: row.bytes(1)), let version = Int32(exactly: row.int64(2)),
            let route = RouteID(bytes: row.bytes(4)), let role = Fence.Role(rawValue: row.text(5)),
            successor != nil || row.isNull(6)
        else {
            throw StoreError(
                .corrupt,
                "The head of the tenant's log is damaged; run integrityCheck and restore a backup.",
                context: .init(tenant: tenant)
            )
        }
        let fence = Fence(epoch: Epoch(number: row.int64(3), route: route), role: role, successor: successor)
        return TenantHead(position: row.int64(0), digest: digest, fence: fence, digestVersion: version)
    }

    static func create(_ head: TenantHead, of tenant: TenantID, on connection: Connection) throws(StoreError) {
        try write(head, of: tenant, with: try connection.statement(insert))
    }

    static func replace(_ head: TenantHead, of tenant: TenantID, on connection: Connection) throws(StoreError) {
        try write(head, of: tenant, with: try connection.statement(update))
    }

    private static func write(
        _ head: TenantHead,
        of tenant: TenantID,
        with statement: Statement
    ) throws(StoreError) {
        try statement.bind(1, head.position)
        try statement.bind(2, head.digest.bytes)
        try statement.bind(3, Int64(head.digestVersion))
        try statement.bind(4, head.fence.epoch.number)
        try statement.bind(5, head.fence.epoch.route.bytes)
        try statement.bind(6, head.fence.role.rawValue)
        try statement.bind(7, head.fence.successor?.text)
        try statement.bind(8, tenant.text)
        try statement.run()
    }

    static func tenants(
        after tenant: TenantID?,
        limit: Int,
        on connection: Connection
    ) throws(StoreError) -> [TenantID] {
        let row = try connection.statement(tenants)
        defer { row.reset() }
        try row.bind(1, tenant?.text ?? "")
        try row.bind(2, Int64(limit))
        var found: [TenantID] = []
        while try row.step() { found.append(try TenantID(row.text(0))) }
        return found
    }
}

extension RouteID {
    fileprivate init?(bytes: [UInt8]) {
        guard let id = EventID(bytes: bytes) else { return nil }
        self.init(high: id.high, low: id.low)
    }

    fileprivate var bytes: [UInt8] { EventID(high: high, low: low).bytes }
}
