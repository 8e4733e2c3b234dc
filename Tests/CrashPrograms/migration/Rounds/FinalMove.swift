import MigrationCore

/// Once nothing fails any more, every tenant moves once more, with writers at work: liveness.
struct FinalMove {
    private let rounds: CrashRounds

    init(in rounds: CrashRounds) {
        self.rounds = rounds
    }

    func run() async throws {
        // Whatever the last round did to the control store, its repair is the operator's first act.
        rounds.summary.repairedRoutes += try await rounds.restoration.repair()
        let writers = try (0..<rounds.place.pace.writerCount).map { index in
            try Child(
                ["writer", "w\(index)", "\(index)"] + rounds.place.arguments,
                name: "w\(index)",
                deadline: rounds.now + .seconds(90)
            )
        }
        let world = try await CrashWorld.open(rounds.place, withPoints: false)
        let coordinator = try world.makeCoordinator(actor: "last", purgesOnAbort: false, keepsSourceWarm: true)
        let failures = Locked<[String]>([])
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                try? await coordinator.run()
                return false
            }
            group.addTask {
                await FinalMove.move(world.place, with: coordinator, failures)
                return true
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(60))
                return !Task.isCancelled
            }
            var isOver = false
            while !isOver { isOver = await group.next() ?? true }
            group.cancelAll()
        }
        for failure in failures.withLock({ $0 }) { rounds.ledger.violation(failure) }
        for writer in writers {
            _ = rounds.listen(to: writer)
            writer.kill()
        }
        for writer in writers {
            while writer.isRunning { try await Task.sleep(for: .milliseconds(2)) }
            _ = rounds.listen(to: writer)
        }
        await world.close()
        try await settledRoutes()
    }

    private static func move(
        _ place: CrashPlace,
        with coordinator: MigrationCoordinator,
        _ failures: Locked<[String]>
    ) async {
        for tenant in CrashWorld.tenants {
            failures.withLock { $0.append("\(tenant) does not move any more") }
            for _ in 0..<200 {
                do throws(CutoverError) {
                    try await attempt(tenant, in: place, with: coordinator)
                    failures.withLock { _ = $0.removeLast() }
                    break
                } catch {
                    if Task.isCancelled { return }
                    let failure = "\(tenant) does not move any more: \(error.code): \(error.message)"
                    failures.withLock { $0[$0.count - 1] = failure }
                    Report.say(failure)
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }

    /// Ends what is under way by completing it, or else makes one move.
    private static func attempt(
        _ tenant: TenantID,
        in place: CrashPlace,
        with coordinator: MigrationCoordinator
    ) async throws(CutoverError) {
        guard let route = try await coordinator.route(of: tenant) else { return }
        let target = place.target(of: tenant, from: route.active)
        let id =
            if let move = route.move { move.migration } else {
                try await coordinator.start(tenant: tenant, to: target)
            }
        if route.state == .paused { try await coordinator.resume(id) }
        try await coordinator.waitUntil(.dualWrite, of: id)
        try await coordinator.cutOver(id)
        Report.say("\(tenant) has moved to \(target) in the end")
        // The target of an earlier move that was aborted is taken out of use once no move is under way; what stays is a violation.
        var looks = 0
        while looks < 200, try await isRetiring(tenant, with: coordinator) {
            looks += 1
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func isRetiring(
        _ tenant: TenantID,
        with coordinator: MigrationCoordinator
    ) async throws(CutoverError) -> Bool {
        try await coordinator.diagnose(tenant).problems.contains { problem in
            if case .retirementPending = problem { true } else { false }
        }
    }

    private func settledRoutes() async throws {
        let world = try await CrashWorld.open(rounds.place, withPoints: false)
        let coordinator = try world.makeCoordinator(actor: "last", purgesOnAbort: false, keepsSourceWarm: false)
        for tenant in CrashWorld.tenants {
            let diagnosis = try await coordinator.diagnose(tenant)
            if diagnosis.route?.move != nil { rounds.ledger.violation("\(tenant)'s route is not normal in the end") }
            for problem in diagnosis.problems {
                rounds.ledger.violation("\(tenant) has a problem in the end: \(problem)")
            }
            checkMigrations(of: tenant, try await coordinator.migrations(for: tenant))
        }
        await world.close()
    }

    /// Every migration has ended, and every cutover that was answered stands in the records.
    private func checkMigrations(of tenant: TenantID, _ records: [MigrationRecord]) {
        for record in records where !record.state.isTerminal {
            rounds.ledger.violation("migration \(record.id) of \(tenant) is \(record.state.rawValue) in the end")
        }
        // A control store that was put back to an earlier state may have lost what was answered since.
        guard rounds.summary.restores == 0 else { return }
        let completed = records.filter { $0.state == .migrated || $0.state == .rolledBack }
        let missing = (rounds.ledger.completed[tenant] ?? []).subtracting(completed.map(\.id))
        for id in missing { rounds.ledger.violation("the answered cutover \(id) of \(tenant) is not in its record") }
    }
}
