/// Where a migration stands at one moment: its record, how far it is, and what it is stuck on.
public struct MigrationStatus: Sendable, Hashable {
    /// The migration.
    public let migration: MigrationRecord
    /// Where it stands.
    public var state: MigrationState { migration.state }
    /// The last position of the target's log.
    public let eventsCopied: Int64
    /// The last position of the source's log.
    public let totalEvents: Int64
    /// How many events the target lacks.
    public var syncLag: Int64 { max(0, totalEvents - eventsCopied) }
    /// How much is copied, from 0 to 100.
    public var progressPercentage: Double {
        totalEvents > 0 ? min(100, Double(eventsCopied) / Double(totalEvents) * 100) : 100
    }
    /// Events per second, when this process works on the migration.
    public let itemsPerSecond: Double?
    /// How long the rest takes at that rate.
    public let estimatedRemaining: Duration?
    /// The time since the target last advanced, as far as this process has seen it.
    public let timeSinceLastAdvance: Duration?
    /// Up to which position the target was verified by this process.
    public let verifiedPosition: Int64?
    /// What the work is stuck on: a full sentence, while the work meets an error that it has not got past or does not advance.
    public let stuckOn: String?
    /// How many calls of this process are parked.
    public let parkedCalls: Int
}

extension MigrationCoordinator {
    /// The record of a migration; `nil` for an unknown id.
    public func migration(_ id: MigrationID) async throws(CutoverError) -> MigrationRecord? {
        do throws(StoreError) { return try await control.record(of: id) } catch { throw CutoverError(error) }
    }

    /// All migrations of a tenant, oldest first.
    public func migrations(for tenant: TenantID) async throws(CutoverError) -> [MigrationRecord] {
        try await wrapping(tenant) { () async throws(StoreError) in try await control.records(of: tenant) }
    }

    /// The tenant's route; `nil` when it has none.
    public func route(of tenant: TenantID) async throws(CutoverError) -> Route? {
        try await wrapping(tenant) { () async throws(StoreError) in try await control.route(of: tenant)?.value }
    }

    /// What was done to a tenant, oldest first: who, what, why and when.
    public func auditLog(of tenant: TenantID) async throws(CutoverError) -> [AuditEntry] {
        try await wrapping(tenant) { () async throws(StoreError) in try await control.auditLog(of: tenant) }
    }

    /// Where a migration stands now. Throws `unknownMigration`, and `store` when a head cannot be read.
    public func status(of id: MigrationID) async throws(CutoverError) -> MigrationStatus {
        let record = try await require(id)
        let tenant = record.tenant
        return try await wrapping(tenant) { () async throws(StoreError) in
            let copied = try await stores.store(record.target).head(tenant: tenant, epoch: .maintenance)?.position ?? 0
            let total = try await stores.store(record.source).head(tenant: tenant, epoch: .maintenance)?.position ?? 0
            let entry = record.state.isTerminal ? nil : board.entry(of: tenant)
            let idle = entry?.lastAdvance.map { timeline.now - $0 }
            return MigrationStatus(
                migration: record,
                eventsCopied: copied,
                totalEvents: total,
                itemsPerSecond: entry?.progress?.itemsPerSecond,
                estimatedRemaining: entry?.progress?.estimatedRemaining,
                timeSinceLastAdvance: idle,
                verifiedPosition: entry?.verified?.position,
                stuckOn: entry.flatMap {
                    obstacle($0, idle: idle, isBehind: copied < total, state: record.state)
                },
                parkedCalls: control.gate.parkedCount(of: tenant)
            )
        }
    }

    /// What the work on a tenant is stuck on: an error that it has not got past, or nothing but silence.
    func obstacle(
        _ entry: ProgressBoard.Entry,
        idle: Duration?,
        isBehind: Bool,
        state: MigrationState?
    ) -> String? {
        if let error = entry.obstacle { return "\(error.code): \(error.message)" }
        if state == .dualWrite, entry.catchUp.isOutrun(beyond: configuration.maximumDrainEvents) {
            return
                "Events are appended about as fast as the target takes them, so it does not come closer; slow the writers down, raise the rate limit, or cut over with a longer timeout."
        }
        guard state == .bulkCopy || state == .dualWrite, isBehind, let idle, idle >= configuration.stuckAfter else {
            return nil
        }
        return
            "The target has not advanced for \(idle.components.seconds) s, and no store reports an error; look at the target's load."
    }

    /// The states of a migration as they change, newest wins; it ends after a terminal one.
    ///
    /// Nothing runs between two calls of `next()`: a slow reader skips what has passed, and holds nothing up.
    ///
    /// - Parameters:
    ///   - id: the migration.
    ///   - interval: how long to wait for a change before the progress is told again.
    public func statusUpdates(of id: MigrationID, every interval: Duration = .seconds(1)) -> MigrationStatusUpdates {
        MigrationStatusUpdates(coordinator: self, id: id, interval: interval)
    }

    /// Waits until a migration is in a state.
    ///
    /// - Returns: its status there.
    /// - Throws: `state` when it ended in another one; and as ``status(of:)``.
    @discardableResult
    public func waitUntil(_ state: MigrationState, of id: MigrationID) async throws(CutoverError) -> MigrationStatus {
        while true {
            let status = try await status(of: id)
            if status.state == state { return status }
            guard !status.state.isTerminal else {
                throw CutoverError(
                    .state,
                    "The migration ended in \(status.state.rawValue) and will not be in \(state.rawValue): \(status.migration.errorMessage ?? "see the audit log").",
                    tenant: status.migration.tenant,
                    state: status.state
                )
            }
            try await waitForChange(
                of: status.migration.tenant,
                unlike: status.state,
                upTo: configuration.routePollInterval
            )
        }
    }

    /// Returns when the tenant's route changes in this process, or after a while.
    func waitForChange(
        of tenant: TenantID,
        unlike state: MigrationState?,
        upTo patience: Duration
    ) async throws(CutoverError) {
        await control.cache.changes.withTicket(for: tenant) { ticket in
            guard control.cache.snapshot(of: tenant)?.route.state == state else { return }
            await control.cache.changes.wait(ticket, upTo: patience, on: timeline)
        }
        try await wrapping(tenant) { () throws(StoreError) in try StoreError.checkCancellation() }
    }
}

/// The states of one migration as an asynchronous sequence. See ``MigrationCoordinator/statusUpdates(of:every:)``.
public struct MigrationStatusUpdates: AsyncSequence, Sendable {
    public typealias Element = MigrationStatus
    public typealias Failure = CutoverError

    let coordinator: MigrationCoordinator
    let id: MigrationID
    let interval: Duration

    public func makeAsyncIterator() -> Iterator { Iterator(coordinator: coordinator, id: id, interval: interval) }

    /// Asks for one status after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let coordinator: MigrationCoordinator
        let id: MigrationID
        let interval: Duration
        private var last: MigrationStatus?

        init(coordinator: MigrationCoordinator, id: MigrationID, interval: Duration) {
            self.coordinator = coordinator
            self.id = id
            self.interval = interval
        }

        public mutating func next() async throws(CutoverError) -> MigrationStatus? {
            try await next(isolation: #isolation)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(CutoverError) -> MigrationStatus?
        {
            if let last {
                if last.state.isTerminal { return nil }
                try await coordinator.waitForChange(of: last.migration.tenant, unlike: last.state, upTo: interval)
            }
            last = try await coordinator.status(of: id)
            return last
        }
    }
}
