import MigrationCore
import MigrationTesting

/// A process with a coordinator that moves every tenant there and back, with pauses, aborts and stops in between.
struct CrashOperator: Sendable {
    private let world: CrashWorld
    private let coordinator: MigrationCoordinator
    private let seed: UInt64

    init(name: String, seed: UInt64, world: CrashWorld) throws(CutoverError) {
        self.world = world
        self.seed = seed
        var random = SeededRandom(seed: seed)
        coordinator = try world.makeCoordinator(
            actor: name,
            purgesOnAbort: random.chance(50),
            keepsSourceWarm: random.chance(60)
        )
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await coordinator.run() }
            for (index, tenant) in CrashWorld.tenants.enumerated() {
                group.addTask {
                    var random = SeededRandom(seed: seed &+ UInt64(index) &+ 1)
                    while true { await move(tenant, &random) }
                }
            }
        }
    }

    private func move(_ tenant: TenantID, _ random: inout SeededRandom) async {
        do throws(CutoverError) {
            try await attempt(tenant, &random)
        } catch {
            let underlying = error.underlying.map { " \($0.code)" } ?? ""
            Report.say("E operator \(error.code)\(underlying)")
            if error.code == .inconsistent { Report.say("V a move of \(tenant.text) ended: \(error.message)") }
        }
        try? await Task.sleep(for: .milliseconds(20 + random.below(120)))
    }

    private func attempt(_ tenant: TenantID, _ random: inout SeededRandom) async throws(CutoverError) {
        guard let route = try await coordinator.route(of: tenant) else { return }
        let id = if let move = route.move { move.migration } else { try await begin(tenant, from: route, &random) }
        if route.state == .paused { try await coordinator.resume(id) }
        guard try await followed(id, of: tenant) else { return }
        switch random.below(100) {
        case ..<10:
            try await coordinator.pause(id)
            try? await Task.sleep(for: .milliseconds(random.below(100)))
            try await coordinator.resume(id)
        case ..<22: try await coordinator.abort(id, reason: "The operator changed their mind.")
        case ..<25: _ = await coordinator.emergencyStop([tenant])
        default:
            try await coordinator.cutOver(id)
            Report.say("C \(tenant.text) \(id)")
        }
    }

    private func begin(
        _ tenant: TenantID,
        from route: Route,
        _ random: inout SeededRandom
    ) async throws(CutoverError) -> MigrationID {
        let last = random.chance(30) ? try await coordinator.migrations(for: tenant).last : nil
        if let last, last.state == .migrated, last.target == route.active {
            return try await coordinator.rollBack(last.id)
        }
        return try await coordinator.start(tenant: tenant, to: world.place.target(of: tenant, from: route.active))
    }

    /// Waits until the target follows; `false` when that takes too long, or the migration has ended meanwhile.
    private func followed(_ id: MigrationID, of tenant: TenantID) async throws(CutoverError) -> Bool {
        for _ in 0..<150 {
            guard let record = try await coordinator.migration(id) else { return false }
            if record.state == .dualWrite { return true }
            if record.state == .failed, let message = record.errorMessage, !message.hasPrefix("Emergency stop"),
                message != CrashOperator.repairReason
            {
                Report.say("V a migration of \(tenant.text) failed although no store lost anything: \(message)")
            }
            guard !record.state.isTerminal, record.state != .paused else { return false }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    static let repairReason = "The control store was restored."
}
