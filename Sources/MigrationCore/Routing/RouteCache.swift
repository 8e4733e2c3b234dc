/// What one process knows of the routes: the newest that it has read or written, and when.
///
/// Whoever reads or changes a route in this process puts it here, so a change made here is seen here at once. A route never
/// replaces a newer one, whichever read was answered first.
final class RouteCache: Sendable {
    /// A route as it was known at a time.
    final class Snapshot: Sendable {
        let route: Route
        /// When the read that returned it began: it was the truth then, and perhaps not a moment later.
        let readAt: Duration
        /// When this epoch was first seen here.
        let firstSeen: Duration

        init(route: Route, readAt: Duration, firstSeen: Duration) {
            self.route = route
            self.readAt = readAt
            self.firstSeen = firstSeen
        }
    }

    /// Wakes those who wait for a tenant's route to change.
    let changes = WaitList<TenantID>()
    fileprivate let snapshots = Locked<[TenantID: Snapshot]>([:])
    private let maximumCount: Int

    /// Makes an empty cache. Beyond `maximumCount` tenants the oldest half is forgotten; it is read again when it is needed.
    init(maximumCount: Int = 100_000) {
        self.maximumCount = maximumCount
    }

    func snapshot(of tenant: TenantID) -> Snapshot? {
        snapshots.withLock { $0[tenant] }
    }

    /// Keeps a route unless a newer one is known.
    func store(_ route: Route, readAt: Duration) {
        let isNew = snapshots.withLock { snapshots in
            guard let known = snapshots[route.tenant] else {
                if snapshots.count >= maximumCount { RouteCache.forgetOldest(of: &snapshots) }
                snapshots[route.tenant] = Snapshot(route: route, readAt: readAt, firstSeen: readAt)
                return true
            }
            if known.route.id == route.id, !Mutant.olderRouteReplacesNewer.isOn {
                guard route.number >= known.route.number else { return false }
                if route.number == known.route.number {
                    // The same epoch again, perhaps with its history settled: only the time of the newest read counts.
                    guard readAt >= known.readAt else { return false }
                    snapshots[route.tenant] = Snapshot(route: route, readAt: readAt, firstSeen: known.firstSeen)
                    return false
                }
            }
            snapshots[route.tenant] = Snapshot(route: route, readAt: readAt, firstSeen: readAt)
            return true
        }
        if isNew { changes.signal(route.tenant) }
    }

    private static func forgetOldest(of snapshots: inout sending [TenantID: Snapshot]) {
        let times = snapshots.values.map(\.readAt).sorted()
        let middle = times[times.count / 2]
        snapshots = snapshots.filter { $0.value.readAt > middle }
    }
}

extension RouteCache {
    /// Tenants whose route was read before a time, in their order.
    func tenants(readBefore time: Duration) -> [TenantID] {
        snapshots.withLock { snapshots in snapshots.filter { $0.value.readAt < time }.map(\.key).sorted() }
    }
}
