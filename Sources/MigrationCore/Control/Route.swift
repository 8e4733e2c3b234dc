/// The one document that says, for a tenant, which store is active, in which state, under which epoch.
///
/// It is the only truth: whatever else is written about a migration is history derived from it. It changes by compare-and-swap
/// only, and every change has a higher epoch. The changes that there are, and when they are allowed, are those of ``RouteChange``.
public struct Route: Sendable, Hashable {
    /// Whose route it is.
    public let tenant: TenantID
    /// Drawn when the route was created; tells it from a route that a restored control store may hold.
    public let id: RouteID
    /// The number of the last change, 1 for a new route.
    public internal(set) var number: Int64
    /// The store that answers reads and acknowledges writes.
    public internal(set) var active: StoreID
    /// The migration under way; `nil` in normal operation.
    public internal(set) var move: Move?
    /// What follows the active store since the last migration, so that a way back is short; `nil` if nothing does.
    public internal(set) var warm: WarmCopy?
    /// The place at which a forced cutover left the source; a rollback is refused until it has been repaired.
    public internal(set) var branch: BranchPoint?
    /// Stores that are still to be taken out of use for the tenant, since their migrations were aborted.
    public internal(set) var retirements: [Retirement] = []
    /// What is still to be written to the migrations' records and to the audit log, oldest first.
    public internal(set) var pending: [AuditEntry]

    /// A migration under way.
    public struct Move: Sendable, Hashable {
        /// The migration.
        public let migration: MigrationID
        /// Where the tenant goes.
        public let target: StoreID
        /// The migration that this one turns back, when it is a rollback.
        public let reverses: MigrationID?
        /// Where it stands: `pending`, `bulk_copy`, `dual_write`, `cutover` or `paused`.
        public internal(set) var state: MigrationState
        /// The state to return to from `cutover` and `paused`.
        public internal(set) var stateBefore: MigrationState?
        /// How long the cutover may last, from the moment an observer first sees it.
        public internal(set) var budget: Duration?
    }

    /// A store that follows the active one.
    public struct WarmCopy: Sendable, Hashable {
        /// The store.
        public let store: StoreID
        /// The migration that left it behind.
        public let migration: MigrationID
    }

    /// A store that no offer may reach any more, because the migration to it was aborted.
    public struct Retirement: Sendable, Hashable {
        /// The store.
        public let store: StoreID
        /// Whether what was copied is removed.
        public let isPurged: Bool
    }

    /// Where a forced cutover left events behind.
    public struct BranchPoint: Sendable, Hashable {
        /// The store that holds the events that were left behind.
        public let store: StoreID
        /// The last place that both logs share.
        public let place: LogCheckpoint
        /// The source's last position when it was fenced.
        public let sourcePosition: Int64
    }

    /// The route of a new tenant.
    public init(tenant: TenantID, id: RouteID, active: StoreID, number: Int64 = 1) {
        self.tenant = tenant
        self.id = id
        self.number = number
        self.active = active
        self.pending = []
    }

    /// The epoch that every call carries under this route.
    public var epoch: Epoch { Epoch(number: number, route: id) }

    /// The state of the migration under way; `nil` in normal operation.
    public var state: MigrationState? { move?.state }
}

/// One line of the audit log: who did what to which tenant, why and when.
public struct AuditEntry: Sendable, Hashable {
    /// The tenant.
    public let tenant: TenantID
    /// The migration, where the change belonged to one.
    public let migration: MigrationID?
    /// The epoch's number after the change; with the tenant and the route's id it identifies the entry.
    public let number: Int64
    /// What was done, such as `start`, `pause` or `cutover`.
    public let operation: String
    /// The state of the migration after it.
    public let state: MigrationState?
    /// The migration's source, with `start` and `rollback`.
    public let source: StoreID?
    /// The migration's target, with `start` and `rollback`.
    public let target: StoreID?
    /// The migration that this one turns back, with `rollback`.
    public let reverses: MigrationID?
    /// Who asked for it.
    public let actor: String
    /// Why.
    public let reason: String?
    /// When, by the clock of the process that did it. For people only: nothing is decided by it.
    public let at: WallTime
}
