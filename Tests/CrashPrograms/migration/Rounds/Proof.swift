import MigrationCore
import SQLiteAdapter

/// What must hold at the end, looked for in the files alone.
struct Proof {
    let world: CrashWorld
    private(set) var violations: [String] = []
    private(set) var eventCount = 0

    init(_ world: CrashWorld) {
        self.world = world
    }

    mutating func check(_ ledger: Ledger) async throws {
        for (database, id) in zip(world.databases + [world.controlDatabase], ["first", "second", "control"]) {
            for problem in try await database.integrityCheck() { violations.append("\(id): \(problem)") }
        }
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

    /// Every acknowledged event once, at its place; nothing that was never attempted; positions, versions and chain whole.
    private mutating func check(_ tenant: TenantID, active: any FencedEventStore, _ ledger: Ledger) async throws {
        var places: [EventID: StoredEvent] = [:]
        var versions: [StreamID: Int64] = [:]
        var place = LogCheckpoint.beginning
        while true {
            let page = try await active.readLog(
                tenant: tenant,
                after: place.position,
                limit: 1_000,
                epoch: .maintenance
            )
            if page.isEmpty { break }
            for event in page {
                let digest = event.chainedDigest(after: place.digest)
                if event.position != place.position + 1 || event.digest != digest {
                    violations.append("\(active.id) breaks \(tenant)'s log at \(event.position)")
                }
                versions[event.stream, default: 0] += 1
                if versions[event.stream] != event.version {
                    violations.append("\(tenant)'s \(event.stream) has version \(event.version) in the wrong place")
                }
                if places.updateValue(event, forKey: event.id) != nil {
                    violations.append("\(active.id) holds an event of \(tenant) twice")
                }
                if !ledger.attempted.contains(event.id) {
                    violations.append("\(active.id) holds an event of \(tenant) that nobody wrote")
                }
                place = LogCheckpoint(position: event.position, digest: digest)
            }
        }
        eventCount += places.count
        let head = try await active.head(tenant: tenant, epoch: .maintenance)
        if head?.checkpoint != place { violations.append("\(active.id)'s head contradicts the log of \(tenant)") }
        var (missing, moved) = (0, 0)
        for (id, acknowledged) in ledger.acknowledged where acknowledged.tenant == tenant {
            guard let event = places[id] else {
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
            guard let end = try await copy.head(tenant: tenant, epoch: .maintenance)?.checkpoint else { continue }
            if try await active.checkpoint(tenant: tenant, at: end.position, epoch: .maintenance) != end {
                violations.append("\(copy.id) holds something other than a beginning of \(tenant)'s log")
            }
        }
    }
}
