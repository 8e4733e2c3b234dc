internal import MigrationCore

/// Moves the tenant there, back and onwards, with a pause or an abort now and then, until enough has happened.
struct SimulatedOperator: Sendable {
    let application: SimulatedApplication

    private var world: SimulatedWorld { application.world }
    private var tenant: TenantID { SimulatedApplication.tenant }

    func run() async {
        var life = 0
        var moves = 0
        while !Task.isCancelled {
            let enough = world.acknowledgedCount >= world.options.minimumAcknowledged && moves >= 2
            if world.isHealed, enough { break }
            guard world.executor.now < world.options.faultTime + world.options.recoveryTime else {
                world.violation(
                    "After \(world.executor.now) the run has \(world.acknowledgedCount) acknowledged appends and \(moves) moves: something does not end."
                )
                return
            }
            life += 1
            let equipment = application.equip(SimulatedProcess("operator.\(life)", in: world))
            do throws(CutoverError) {
                if try await move(with: equipment.coordinator) { moves += 1 }
            } catch {
                world.note("the operator meets \(error)")
                guard await world.executor.sleep(until: world.executor.now + .milliseconds(300)) else { return }
            }
        }
        await settle()
    }

    /// One move, from whatever state the tenant is in. Returns whether it was completed.
    private func move(with coordinator: MigrationCoordinator) async throws(CutoverError) -> Bool {
        let route = try await coordinator.route(of: tenant)
        guard let route else {
            _ = await world.executor.sleep(until: world.executor.now + .milliseconds(200))
            return false
        }
        let id: MigrationID
        if let move = route.move {
            id = move.migration
        } else {
            // Something is written between two moves.
            _ = await world.executor.sleep(until: world.executor.now + .seconds(1))
            let others = ["first", "second", "third"].map { StoreID(stringLiteral: $0) }.filter { $0 != route.active }
            let target = route.warm?.store ?? others[world.chance { $0.below(others.count) }]
            if let last = try await lastMigrated(route, coordinator), world.chance({ $0.below(2) == 0 }) {
                world.transition("roll back")
                id = try await coordinator.rollBack(last)
                world.note("the operator rolls the move to \(route.active) back")
            } else {
                world.transition("start")
                id = try await coordinator.start(tenant: tenant, to: target)
                world.note("the operator starts a move from \(route.active) to \(target)")
            }
        }
        // In whatever state it is by then, mostly while it is copied, and again once the target follows.
        if world.strikes(0.5) {
            _ = await world.executor.sleep(until: world.executor.now + world.time(around: .milliseconds(250)))
            if try await interferes(with: id, coordinator) { return false }
        }
        if route.state == .paused {
            world.transition("resume")
            try await coordinator.resume(id)
        }
        try await wait(for: id, with: coordinator)
        if try await interferes(with: id, coordinator) { return false }
        return try await cutOver(id, with: coordinator)
    }

    /// Does something else than to cut over, now and then.
    private func interferes(
        with id: MigrationID,
        _ coordinator: MigrationCoordinator
    ) async throws(CutoverError) -> Bool {
        if world.strikes(0.15) {
            world.transition("pause")
            try await coordinator.pause(id)
        } else if world.strikes(0.1) {
            try await abort(id, coordinator)
        } else if world.strikes(0.05) {
            world.transition("emergency stop")
            let results = await coordinator.emergencyStop([tenant], reason: Self.emergency)
            for result in results { _ = try result.result.get() }
        } else {
            return false
        }
        return true
    }

    private func abort(_ id: MigrationID, _ coordinator: MigrationCoordinator) async throws(CutoverError) {
        world.transition("abort")
        try await coordinator.abort(id, reason: "The operator changed their mind.")
    }

    private static let emergency = "The operator pulled the cord."

    /// The migration that brought the tenant to where it is.
    private func lastMigrated(
        _ route: Route,
        _ coordinator: MigrationCoordinator
    ) async throws(CutoverError) -> MigrationID? {
        let records = try await coordinator.migrations(for: tenant)
        return records.last { $0.state == .migrated && $0.target == route.active }?.id
    }

    private func wait(for id: MigrationID, with coordinator: MigrationCoordinator) async throws(CutoverError) {
        let deadline = world.executor.now + .seconds(60)
        while world.executor.now < deadline {
            let record = try await coordinator.migration(id)
            if record?.state == .failed, record?.errorMessage != Self.emergency {
                world.violation(
                    "A migration failed although no store lost anything: \(record?.errorMessage ?? "no reason")"
                )
            }
            if record?.state == .dualWrite || record?.state.isTerminal != false { return }
            guard await world.executor.sleep(until: world.executor.now + .milliseconds(100)) else { return }
        }
    }

    private func cutOver(_ id: MigrationID, with coordinator: MigrationCoordinator) async throws(CutoverError) -> Bool {
        let isUnderLoad = world.appendsUnderWay(tenant) > 0
        world.note("the operator cuts over with \(world.appendsUnderWay(tenant)) appends under way")
        world.transition("begin cutover")
        let result = await withTaskGroup(of: Result<Void, CutoverError>?.self) { group in
            group.addTask {
                do throws(CutoverError) { return .success(try await coordinator.cutOver(id)) } catch {
                    return .failure(error)
                }
            }
            if world.strikes(0.05) {
                group.addTask {
                    // Somebody else changes their mind while it is under way.
                    _ = await world.executor.sleep(until: world.executor.now + world.time(around: .milliseconds(10)))
                    try? await abort(id, coordinator)
                    return nil
                }
            }
            var result: Result<Void, CutoverError>?
            for await answer in group { result = result ?? answer }
            return result
        }
        if case .failure(let error) = result {
            world.transition("abandoned cutover")
            throw error
        }
        world.transition("cutover")
        world.cutoverCompleted(underLoad: isUnderLoad)
        world.note("the cutover is done")
        return true
    }

    /// Once everything has healed, whatever is still under way must come to its end.
    private func settle() async {
        let deadline = world.executor.now + world.options.recoveryTime
        while world.executor.now < deadline, !Task.isCancelled {
            let equipment = application.equip(SimulatedProcess("operator.last", in: world))
            do throws(CutoverError) {
                guard let route = try await equipment.coordinator.route(of: tenant) else { return }
                guard let move = route.move else { return }
                if route.state == .paused { try await equipment.coordinator.resume(move.migration) }
                if route.state == .dualWrite { try await equipment.coordinator.cutOver(move.migration) }
            } catch {
                world.note("the operator meets \(error)")
            }
            _ = await world.executor.sleep(until: world.executor.now + .milliseconds(200))
        }
        world.violation("A migration did not end although nothing failed any more.")
    }
}
