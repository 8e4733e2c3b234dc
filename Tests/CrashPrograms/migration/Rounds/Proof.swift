import MigrationCore

/// What must hold at the end, looked for in the stores alone.
struct Proof {
    let world: CrashWorld
    private(set) var violations: [String] = []
    private(set) var eventCount = 0

    init(_ world: CrashWorld) {
        self.world = world
    }

    /// A store's log of one tenant, read as a whole.
    private struct Log {
        var events: [EventID: StoredEvent] = [:]
        var end = LogCheckpoint.beginning
        var violations: [String] = []
    }

    mutating func check(_ ledger: Ledger) async throws {
        violations += try await world.damage()
        let coordinator = try world.makeCoordinator(actor: "proof", purgesOnAbort: false, keepsSourceWarm: false)
        for tenant in CrashWorld.tenants {
            guard let route = try await coordinator.route(of: tenant) else {
                if ledger.acknowledged.values.contains(where: { $0.tenant == tenant }) {
                    violations.append("\(tenant) has no route")
                }
                continue
            }
            try await check(tenant, active: world.stores.store(route.active), ledger)
        }
    }

    /// Every acknowledged event once, at its place; nothing that was never attempted; every other store a beginning of the log.
    ///
    /// So an append that was committed after its store's fence shows: it is where the active log has something else or nothing.
    private mutating func check(_ tenant: TenantID, active: any FencedEventStore, _ ledger: Ledger) async throws {
        guard let log = try await settledLog(of: tenant, in: active, ledger) else {
            return violations.append("\(active.id) is active for \(tenant) and has no head")
        }
        violations += log.violations
        eventCount += log.events.count
        var (missing, moved) = (0, 0)
        for (id, acknowledged) in ledger.acknowledged where acknowledged.tenant == tenant {
            guard let event = log.events[id] else {
                missing += 1
                continue
            }
            if event.position != acknowledged.position || event.version != acknowledged.version
                || event.stream != acknowledged.stream
            {
                moved += 1
            }
        }
        if missing > 0 { violations.append("\(missing) acknowledged events of \(tenant) are not in \(active.id)") }
        if moved > 0 { violations.append("\(moved) acknowledged events of \(tenant) are elsewhere in \(active.id)") }
        for copy in world.stores.all where copy.id != active.id {
            guard let part = try await settledLog(of: tenant, in: copy, ledger) else { continue }
            violations += part.violations
            let there = try await active.checkpoint(tenant: tenant, at: part.end.position, epoch: .maintenance)
            if there != part.end {
                violations.append("\(copy.id) holds something other than a beginning of \(tenant)'s log")
            }
        }
    }

    /// Reads a log and its head until both stand still: a server may yet carry out what a killed process had sent.
    ///
    /// - Returns: `nil` when the store knows nothing of the tenant.
    private func settledLog(
        of tenant: TenantID,
        in store: any FencedEventStore,
        _ ledger: Ledger
    ) async throws -> Log? {
        var head = try await store.head(tenant: tenant, epoch: .maintenance)
        for _ in 0..<20 {
            var log = try await readLog(of: tenant, in: store, ledger)
            let later = try await store.head(tenant: tenant, epoch: .maintenance)
            if later == head {
                guard let head else { return log.events.isEmpty ? nil : log }
                if head.checkpoint != log.end {
                    log.violations.append("\(store.id)'s head contradicts the log of \(tenant)")
                }
                return log
            }
            head = later
            try await Task.sleep(for: .milliseconds(200))
        }
        return Log(violations: ["\(store.id)'s head of \(tenant) goes on although nobody lives"])
    }

    /// Positions, versions and chain have to be whole, and no event may be there twice or come from nowhere.
    private func readLog(
        of tenant: TenantID,
        in store: any FencedEventStore,
        _ ledger: Ledger
    ) async throws -> Log {
        var log = Log()
        var versions: [StreamID: Int64] = [:]
        while true {
            let page = try await store.readLog(
                tenant: tenant,
                after: log.end.position,
                limit: 1_000,
                epoch: .maintenance
            )
            if page.isEmpty { return log }
            for event in page {
                let digest = event.chainedDigest(after: log.end.digest)
                if event.position != log.end.position + 1 || event.digest != digest {
                    log.violations.append("\(store.id) breaks \(tenant)'s log at \(event.position)")
                }
                versions[event.stream, default: 0] += 1
                if versions[event.stream] != event.version {
                    log.violations.append(
                        "\(tenant)'s \(event.stream) has version \(event.version) in the wrong place of \(store.id)"
                    )
                }
                if log.events.updateValue(event, forKey: event.id) != nil {
                    log.violations.append("\(store.id) holds an event of \(tenant) twice")
                }
                if !ledger.attempted.contains(event.id) {
                    log.violations.append("\(store.id) holds an event of \(tenant) that nobody wrote")
                }
                log.end = LogCheckpoint(position: event.position, digest: digest)
            }
        }
    }
}
