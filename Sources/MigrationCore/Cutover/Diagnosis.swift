/// What is where for one tenant: its route, every store's head, and what does not fit together.
public struct Diagnosis: Sendable {
    /// What one store says.
    public struct Finding: Sendable {
        /// The store.
        public let store: StoreID
        /// Its head for the tenant; `nil` when it has none.
        public let head: TenantHead?
        /// Why its head could not be read, if it could not.
        public let error: StoreError?
    }

    /// Something that does not fit, and what to do about it.
    public enum Problem: Sendable, Hashable {
        /// The tenant has no route, and at least one store has a head for it.
        case routeMissing
        /// A store's fence is ahead of the route: the control store was restored from the past. Use `repairRoute`.
        case controlStoreBehind(StoreID)
        /// A store that the route names is not registered in this process.
        case unregistered(StoreID)
        /// A store could not be asked.
        case unreachable(StoreID)
        /// The active store has no head, although another store has one.
        case activeStoreEmpty(StoreID)
        /// A store other than the active one is open; no call reaches it under the present route.
        case secondStoreOpen(StoreID)
        /// A copy holds more than the active store, or something else: the active store may have lost events.
        case copyDiverged(StoreID, at: Int64)
        /// A forced cutover left events behind in this store.
        case eventsLeftBehind(StoreID, after: Int64, count: Int64)
        /// An aborted migration's target still has to be taken out of use; a coordinator that runs and reaches it does that.
        case retirementPending(StoreID)
        /// The last work of this process on the tenant met this error and has not got past it.
        case stuck(String)
    }

    /// The tenant.
    public let tenant: TenantID
    /// Its route; `nil` when it has none.
    public let route: Route?
    /// Every registered store, ordered by id.
    public let findings: [Finding]
    /// What does not fit; empty when all is well.
    public let problems: [Problem]
}

extension MigrationCoordinator {
    /// Looks at everything that is known of a tenant, and names what does not fit. Changes nothing.
    public func diagnose(_ tenant: TenantID) async throws(CutoverError) -> Diagnosis {
        let route = try await wrapping(tenant) { () async throws(StoreError) in
            try await control.route(of: tenant)?.value
        }
        var findings: [Diagnosis.Finding] = []
        for store in stores.all {
            do throws(StoreError) {
                let head = try await store.head(tenant: tenant, epoch: .maintenance)
                findings.append(Diagnosis.Finding(store: store.id, head: head, error: nil))
            } catch {
                findings.append(Diagnosis.Finding(store: store.id, head: nil, error: error))
            }
        }
        var problems = structuralProblems(route, findings)
        if let route {
            for finding in findings where finding.store != route.active {
                guard let head = finding.head, head.position > 0, let active = try? stores.store(route.active) else {
                    continue
                }
                let place = try await wrapping(tenant) { () async throws(StoreError) in
                    try await active.checkpoint(tenant: tenant, at: head.position, epoch: .maintenance)
                }
                if place != head.checkpoint, route.branch?.store != finding.store {
                    problems.append(.copyDiverged(finding.store, at: head.position))
                }
            }
        }
        if let obstacle = board.entry(of: tenant)?.obstacle {
            problems.append(.stuck("\(obstacle.code): \(obstacle.message)"))
        }
        return Diagnosis(tenant: tenant, route: route, findings: findings, problems: problems)
    }

    private func structuralProblems(_ route: Route?, _ findings: [Diagnosis.Finding]) -> [Diagnosis.Problem] {
        var problems: [Diagnosis.Problem] = findings.filter { $0.error != nil }.map { .unreachable($0.store) }
        guard let route else {
            return problems + (findings.contains { $0.head != nil } ? [.routeMissing] : [])
        }
        let named = [route.active] + [route.move?.target, route.warm?.store].compactMap(\.self)
        for store in named where !findings.contains(where: { $0.store == store }) {
            problems.append(.unregistered(store))
        }
        let heads = findings.compactMap { finding in finding.head.map { (finding.store, $0) } }
        for finding in findings {
            guard let fence = finding.head?.fence else { continue }
            if route.isBehind(finding.store, among: heads) { problems.append(.controlStoreBehind(finding.store)) }
            if fence.role == .open, finding.store != route.active { problems.append(.secondStoreOpen(finding.store)) }
        }
        let active = findings.first { $0.store == route.active }
        if let active, active.head == nil, active.error == nil, findings.contains(where: { $0.head != nil }) {
            problems.append(.activeStoreEmpty(active.store))
        }
        problems += route.retirements.map { .retirementPending($0.store) }
        if let branch = route.branch {
            problems.append(
                .eventsLeftBehind(
                    branch.store,
                    after: branch.place.position,
                    count: branch.sourcePosition - branch.place.position
                )
            )
        }
        return problems
    }
}
