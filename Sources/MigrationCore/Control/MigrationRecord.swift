/// What is known of a migration, under way or ended: its route's state while it is under way, its record afterwards.
public struct MigrationRecord: Sendable, Hashable {
    /// Its identity.
    public let id: MigrationID
    /// The tenant that moves.
    public let tenant: TenantID
    /// Where it stands.
    public internal(set) var state: MigrationState
    /// Where the tenant comes from.
    public let source: StoreID
    /// Where it goes.
    public let target: StoreID
    /// The migration that this one turns back, when it is a rollback.
    public let reverses: MigrationID?
    /// When it was asked for.
    public let createdAt: WallTime
    /// When its copy began.
    public internal(set) var startedAt: WallTime?
    /// When it ended.
    public internal(set) var completedAt: WallTime?
    /// Why it ended, when that was by an error, an operator's abort or an emergency stop.
    public internal(set) var errorMessage: String?
    /// The epoch's number of the last change that is in here.
    var number: Int64

    static let kind = "migration"

    /// Begins the record of a migration from the first entry of its history.
    init?(start entry: AuditEntry) {
        guard let id = entry.migration, let source = entry.source, let target = entry.target else { return nil }
        self.id = id
        tenant = entry.tenant
        state = .pending
        self.source = source
        self.target = target
        reverses = entry.reverses
        createdAt = entry.at
        number = entry.number
    }

    /// Adds an entry of the migration's history; one that is in here already changes nothing.
    mutating func apply(_ entry: AuditEntry) {
        guard entry.number > number, let state = entry.state else { return }
        number = entry.number
        self.state = state
        if startedAt == nil, state == .bulkCopy { startedAt = entry.at }
        if state.isTerminal {
            if completedAt == nil { completedAt = entry.at }
            if state != .migrated { errorMessage = entry.reason }
        }
    }

    func document(revision: UInt64) -> Document {
        var document = ControlDocument.make(MigrationRecord.kind, revision: revision)
        document["id"] = .string(id.description)
        document["tenant"] = .string(tenant.text)
        document["state"] = .string(state.rawValue)
        document["source"] = .string(source.text)
        document["target"] = .string(target.text)
        document.set("reverses", reverses?.description)
        document["createdAt"] = .date(createdAt)
        document.set("startedAt", startedAt)
        document.set("completedAt", completedAt)
        document.set("errorMessage", errorMessage)
        document["epoch"] = .int64(number)
        return document
    }

    init(_ document: Document) throws(StoreError) {
        try ControlDocument.check(document, kind: MigrationRecord.kind)
        let reader = ControlReader(document: document, kind: MigrationRecord.kind)
        id = try reader.migration("id")
        tenant = try TenantID(reader.text("tenant"))
        state = try reader.state("state")
        source = try reader.store("source")
        target = try reader.store("target")
        reverses = try reader.optionalMigration("reverses")
        createdAt = try reader.time("createdAt")
        startedAt = try reader.optionalTime("startedAt")
        completedAt = try reader.optionalTime("completedAt")
        errorMessage = try reader.optionalText("errorMessage")
        number = try reader.number("epoch")
    }
}
