/// What this process knows of the work on each tenant: how far it is, and what it is stuck on.
final class ProgressBoard: Sendable {
    /// The work on one tenant.
    struct Entry: Sendable {
        var progress: CopyProgress?
        /// The last error that the work met and has not got past.
        var obstacle: StoreError?
        /// Up to where the target was verified, event by event.
        var verified: LogCheckpoint?
        /// When this process last saw the target advance.
        var lastAdvance: Duration?
        /// A cutover of this process that was given up and still has to be taken back.
        var abandoned: Epoch?

        /// Whether the copy had not reached its goal when it last told.
        var isBehind: Bool { progress.map { $0.done < $0.total } ?? false }
    }

    private let entries = Locked<[TenantID: Entry]>([:])

    func entry(of tenant: TenantID) -> Entry? { entries.withLock { $0[tenant] } }

    var all: [TenantID: Entry] { entries.withLock { $0 } }

    func update(_ tenant: TenantID, _ change: (inout Entry) -> Void) {
        entries.withLock { change(&$0[tenant, default: Entry()]) }
    }

    /// Leaves it to the work on the tenant to take a cutover back, because the caller's task is cancelled.
    func giveUp(_ tenant: TenantID, _ epoch: Epoch, on control: ControlStore) {
        update(tenant) { $0.abandoned = epoch }
        control.cache.changes.signal(tenant)
    }

    /// Forgets a tenant whose work has ended.
    func remove(_ tenant: TenantID) { entries.withLock { $0[tenant] = nil } }
}
