internal import MigrationCore

/// The invariants, checked at the end from the stores alone.
struct SimulationProof: Sendable {
    let world: SimulatedWorld
    let ledger: AcknowledgementLedger
    let stores: [any FencedEventStore]
    let documents: any DocumentStore

    func check() async {
        do {
            for tenant in [SimulatedApplication.tenant, SimulatedApplication.neighbour] {
                let control = ControlStore(documents, clock: SimulatedClock(executor: world.executor, pace: 1))
                let coordinator = try MigrationCoordinator(control: control, stores: StoreRegistry(stores))
                let route = try await coordinator.route(of: tenant)
                noteTransitions(try await coordinator.auditLog(of: tenant))
                guard let route, let active = stores.first(where: { $0.id == route.active }) else {
                    world.violation("\(tenant) has no route in the end")
                    continue
                }
                try await check(tenant, active: active, isBranched: route.branch != nil)
            }
        } catch {
            world.violation("The stores cannot be read in the end: \(error)")
        }
    }

    /// Counts which state of a migration followed which, as the audit log has it.
    private func noteTransitions(_ entries: [AuditEntry]) {
        var states: [MigrationID: MigrationState] = [:]
        for entry in entries {
            guard let id = entry.migration, let state = entry.state else { continue }
            let last = states.updateValue(state, forKey: id)
            if last != state { world.transition("\(last?.rawValue ?? "new") to \(state.rawValue)") }
        }
    }

    private func check(_ tenant: TenantID, active: any FencedEventStore, isBranched: Bool) async throws(StoreError) {
        let log = try await wholeLog(of: tenant, in: active)
        var digest = LogDigest.empty
        var versions: [StreamID: Int64] = [:]
        var places: [EventID: StoredEvent] = [:]
        for (index, event) in log.enumerated() {
            if event.position != Int64(index) + 1 {
                world.violation("\(active.id) has a gap at \(index + 1) of \(tenant)")
            }
            let version = (versions[event.stream] ?? 0) + 1
            versions[event.stream] = version
            if event.version != version {
                world.violation("\(event.stream) has version \(event.version) instead of \(version)")
            }
            if places.updateValue(event, forKey: event.id) != nil {
                world.violation("an event is in \(tenant)'s log twice")
            }
            digest = event.chainedDigest(after: digest)
            if event.digest != digest { world.violation("the chain of \(tenant) breaks at \(event.position)") }
        }
        if let head = try await active.head(tenant: tenant, epoch: .maintenance), head.digest != digest {
            world.violation("the head of \(tenant) in \(active.id) contradicts its log")
        }
        for entry in ledger.entries where entry.tenant == tenant {
            guard let place = places[entry.id] else {
                world.violation("acknowledged \(entry.stream) \(entry.version) is missing from \(active.id)")
                continue
            }
            if place.position != entry.position || place.version != entry.version || place.stream != entry.stream {
                world.violation(
                    "acknowledged \(entry.stream) \(entry.version) is at another place than it was acknowledged at"
                )
            }
        }
        for store in stores where store.id != active.id && !isBranched {
            let copy = try await wholeLog(of: tenant, in: store)
            if copy.count > log.count || zip(copy, log).contains(where: { $0 != $1 }) {
                world.violation("\(store.id) holds something other than a beginning of \(tenant)'s log")
            }
        }
    }

    private func wholeLog(of tenant: TenantID, in store: any FencedEventStore) async throws(StoreError) -> [StoredEvent]
    {
        var events: [StoredEvent] = []
        while true {
            let page = try await store.readLog(
                tenant: tenant,
                after: events.last?.position ?? 0,
                limit: 500,
                epoch: .maintenance
            )
            if page.isEmpty { return events }
            events += page
        }
    }
}
