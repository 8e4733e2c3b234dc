extension ControlStore {
    /// A store that knows a newer route of the tenant than the one that was read: then the control store is behind.
    ///
    /// A fence is raised only under a route that the control store holds, so one that is above the route proves that a change was
    /// lost. A change on top of the old route would give its number a second meaning and could open a store again that the tenant
    /// has left; so it is refused. Stores that do not answer prove nothing, and do not stand in the way.
    ///
    /// - Parameters:
    ///   - route: the route that was read.
    ///   - stores: who is asked.
    ///   - patience: how long they may take.
    func storeAhead(of route: Route, in stores: StoreRegistry, upTo patience: Duration) async -> StoreID? {
        let tenant = route.tenant
        let timeline = timeline
        let heads = await withTaskGroup(of: (store: StoreID, head: TenantHead)?.self) { group in
            let stores = stores.all
            for store in stores {
                group.addTask {
                    guard let head = try? await store.head(tenant: tenant, epoch: .maintenance) else { return nil }
                    return (store.id, head)
                }
            }
            let deadline = timeline.now + patience
            group.addTask {
                try? await timeline.sleep(for: deadline - timeline.now)
                return nil
            }
            var heads: [(store: StoreID, head: TenantHead)] = []
            for _ in stores {
                guard let answer = await group.next(), timeline.now < deadline else { break }
                if let answer { heads.append(answer) }
            }
            group.cancelAll()
            return heads
        }
        return route.storeAhead(among: heads)
    }
}

extension Route {
    /// A store whose head proves that this route is not the newest that was in force; `nil` when none does.
    func storeAhead(among heads: [(store: StoreID, head: TenantHead)]) -> StoreID? {
        heads.map(\.store).sorted().first { isBehind($0, among: heads) }
    }

    /// Whether a store's head proves that this route is not the newest that was in force.
    func isBehind(_ store: StoreID, among heads: [(store: StoreID, head: TenantHead)]) -> Bool {
        guard let head = heads.first(where: { $0.store == store })?.head else { return false }
        let epoch = head.fence.epoch
        guard epoch.route == id else { return epoch.number >= number }
        // While a cutover is decided, its target is opened one epoch ahead of the route.
        guard state == .cutover, store == move?.target, epoch.number == number + 1 else { return epoch.number > number }
        // It takes appends of the application only once it is active: when it holds more than the source, it was.
        guard let source = heads.first(where: { $0.store == active })?.head else { return false }
        return head.position > source.position
    }
}

/// How long the stores may take to say what they know of a tenant before a change of its route goes on without them.
struct EvidencePatience: Sendable {
    var usual: Duration = .seconds(5)
    /// Parked calls wait while a cutover is taken back, perhaps because one of the stores hangs, so that is not held up for long.
    var toAbandon: Duration = .milliseconds(500)

    func duration(for change: RouteChange) -> Duration {
        if case .abandonCutover = change { toAbandon } else { usual }
    }
}
