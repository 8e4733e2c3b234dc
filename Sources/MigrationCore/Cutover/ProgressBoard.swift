/// What this process knows of the work on each tenant: how far it is, and what it is stuck on.
final class ProgressBoard: Sendable {
    /// The work on one tenant.
    struct Entry: Sendable {
        var progress: CopyProgress?
        /// The last error that the work met and has not got past.
        var obstacle: StoreError?
        /// Whether following gains on the writers.
        var catchUp = CatchUp()
        /// Up to where the target was verified, event by event.
        var verified: LogCheckpoint?
        /// When this process last saw the target advance.
        var lastAdvance: Duration?
        /// A cutover of this process that was given up and still has to be taken back.
        var abandoned: Epoch?
        /// Cutovers of this process that verify the tenant now, so that its tail need not.
        var verifyingCutovers = 0

        /// Whether the copy had not reached its goal when it last told.
        var isBehind: Bool { progress.map { $0.done < $0.total } ?? false }
    }

    /// How far two stores were verified when one handed a tenant over to the other and was kept warm.
    private struct Inheritance {
        let stores: Set<StoreID>
        let place: LogCheckpoint
        /// The epoch under which the tenant was handed over.
        let epoch: Epoch
    }

    private static let maximumInheritances = 10_000

    private let entries = Locked<[TenantID: Entry]>([:])
    private let inheritances = Locked<[TenantID: Inheritance]>([:])

    func entry(of tenant: TenantID) -> Entry? { entries.withLock { $0[tenant] } }

    var all: [TenantID: Entry] { entries.withLock { $0 } }

    func update(_ tenant: TenantID, _ change: (inout Entry) -> Void) {
        entries.withLock { change(&$0[tenant, default: Entry()]) }
    }

    /// Notes how far a tenant is verified; a later place than the one that is known.
    func verified(_ tenant: TenantID, upTo place: LogCheckpoint) {
        update(tenant) { entry in
            if place.position > entry.verified?.position ?? 0 { entry.verified = place }
        }
    }

    /// Forgets a tenant that was handed over; what was verified counts for the way back if nothing happens to the route before.
    func handedOver(_ tenant: TenantID, under route: Route, from source: StoreID) {
        let entry = entries.withLock { $0.removeValue(forKey: tenant) }
        let place = route.warm?.store == source ? entry?.verified : nil
        inheritances.withLock { inheritances in
            if inheritances.count >= ProgressBoard.maximumInheritances { inheritances = [:] }
            inheritances[tenant] = place.map {
                Inheritance(stores: [source, route.active], place: $0, epoch: route.epoch)
            }
        }
    }

    /// A migration begins: where the one before it handed over between the same stores, with nothing in between, its work counts.
    func begins(_ tenant: TenantID, under route: Route) {
        let inheritance = inheritances.withLock { $0.removeValue(forKey: tenant) }
        guard let inheritance, let target = route.move?.target, inheritance.stores == [route.active, target],
            inheritance.epoch.route == route.epoch.route, inheritance.epoch.number + 1 == route.epoch.number
        else { return }
        verified(tenant, upTo: inheritance.place)
    }

    /// Leaves it to the work on the tenant to take a cutover back, because the caller's task is cancelled.
    func giveUp(_ tenant: TenantID, _ epoch: Epoch, on control: ControlStore) {
        update(tenant) { $0.abandoned = epoch }
        control.cache.changes.signal(tenant)
    }

    /// Forgets a tenant whose work has ended.
    func remove(_ tenant: TenantID) { entries.withLock { $0[tenant] = nil } }
}
