/// A change of a route: the whole state machine of a migration, without a clock, a store or an `await`.
///
/// ``Route/applying(_:by:reason:at:)`` says what a change makes of a route, or why it is not allowed. Whoever wants the change
/// then writes the result by compare-and-swap; when that fails the route has moved on, and the question is asked again.
public enum RouteChange: Sendable, Hashable {
    /// A migration begins: in normal operation, from the store that is active.
    case start(MigrationID, source: StoreID, target: StoreID, reverses: MigrationID?)
    /// The copy of history begins.
    case beginCopy(MigrationID)
    /// History has been copied; the target follows the source from now on.
    case follow(MigrationID)
    /// The operator stops a copy or a following target.
    case pause(MigrationID)
    /// The operator goes on where it was paused.
    case resume(MigrationID)
    /// Writes are parked everywhere until the cutover is decided, at most for the budget.
    case beginCutover(MigrationID, budget: Duration)
    /// The target is active from now on. Only the holder of the cutover's epoch can say so.
    case completeCutover(MigrationID, at: Epoch, keepSourceWarm: Bool, branch: Route.BranchPoint?)
    /// The cutover was not decided: back to the state before. Anyone who sees its budget pass can say so.
    case abandonCutover(MigrationID, at: Epoch)
    /// The migration ends where it began; its target is taken out of use, and emptied if that is asked for.
    case abort(MigrationID, purging: Bool)
    /// The migration ends by an error.
    case fail(MigrationID)
    /// Whatever is under way ends; the active store stays the active store. Always allowed.
    case emergencyStop
    /// The old store is no longer kept warm.
    case dropWarmCopy
    /// The branch that a forced cutover left has been repaired.
    case clearBranch
}

extension Route {
    /// The route after a change.
    ///
    /// Leaving a cutover without completing it takes two epochs: the abandoned attempt may still raise the target's fence to
    /// the one in between, and what it raises must lie below the route.
    ///
    /// - Throws: why the change is not allowed; the route that was read stays the truth.
    public func applying(
        _ change: RouteChange,
        by actor: String,
        reason: String? = nil,
        at time: WallTime
    ) throws(CutoverError) -> Route {
        var route = self
        route.number += 1
        var migration = move?.migration
        var ended: MigrationState?
        switch change {
        case .start(let id, let source, let target, let reverses):
            guard move == nil else {
                throw refusal(change, "Another migration of the tenant is under way; end it first.")
            }
            guard source == active || Mutant.startFromAnyStore.isOn else {
                throw refusal(
                    change,
                    "The tenant lives in \(active), not in \(source); start from the store that is active now."
                )
            }
            guard source != target else {
                throw refusal(change, "Source and target are the same store; name another target.")
            }
            guard branch == nil else {
                throw refusal(
                    change,
                    "A forced cutover left events behind; repair its branch before the tenant moves again."
                )
            }
            migration = id
            route.warm = nil
            // What was copied there before is a beginning of the log, and the copy goes on from it.
            route.retirements.removeAll { $0.store == target }
            route.move = Move(migration: id, target: target, reverses: reverses, state: .pending)
        case .beginCopy(let id):
            try require(id, in: [.pending], change)
            route.move?.state = .bulkCopy
        case .follow(let id):
            try require(id, in: [.bulkCopy], change)
            route.move?.state = .dualWrite
        case .pause(let id):
            try require(id, in: [.bulkCopy, .dualWrite], change)
            route.move?.stateBefore = state
            route.move?.state = .paused
        case .resume(let id):
            let before = try require(id, in: [.paused], change).stateBefore
            route.move?.state = before ?? .bulkCopy
            route.move?.stateBefore = nil
        case .beginCutover(let id, let budget):
            try require(id, in: [.dualWrite], change)
            guard budget > .zero else { throw refusal(change, "A cutover needs a budget above zero.") }
            route.move?.stateBefore = .dualWrite
            route.move?.state = .cutover
            route.move?.budget = budget
        case .completeCutover(let id, let epoch, let keepWarm, let branch):
            let move = try require(id, in: [.cutover], change)
            guard epoch == self.epoch || Mutant.cutoverOfAnyEpoch.isOn else {
                throw refusal(change, "The cutover of that epoch is over; another one is under way.")
            }
            guard !keepWarm || branch == nil else {
                throw refusal(change, "A store that holds events which were left behind cannot be kept warm.")
            }
            ended = .migrated
            route.active = move.target
            route.move = nil
            route.warm = keepWarm ? WarmCopy(store: active, migration: id) : nil
            route.branch = branch
            if let reversed = move.reverses {
                route.pending.append(entry("reversed", reversed, .rolledBack, route.number, actor, reason, time))
            }
        case .abandonCutover(let id, let epoch):
            let move = try require(id, in: [.cutover], change)
            guard epoch == self.epoch else {
                throw refusal(change, "The cutover of that epoch is over; another one is under way.")
            }
            if !Mutant.abandonedByOneEpoch.isOn { route.number += 1 }
            route.move?.state = move.stateBefore ?? .dualWrite
            route.move?.stateBefore = nil
            route.move?.budget = nil
        case .abort(let id, let purging):
            let move = try require(id, in: [.pending, .bulkCopy, .dualWrite, .cutover, .paused], change)
            ended = .rolledBack
            route.retirements.append(Retirement(store: move.target, isPurged: purging))
            if state == .cutover { route.number += 1 }
            route.move = nil
        case .fail(let id):
            try require(id, in: [.pending, .bulkCopy, .dualWrite, .cutover, .paused], change)
            ended = .failed
            if state == .cutover { route.number += 1 }
            route.move = nil
        case .emergencyStop:
            ended = move == nil ? nil : .failed
            if state == .cutover { route.number += 1 }
            route.move = nil
            route.warm = nil
        case .dropWarmCopy: route.warm = nil
        case .clearBranch: route.branch = nil
        }
        let started = route.move?.state == .pending && move == nil ? route.move : nil
        route.pending.append(
            entry(
                change.operation,
                migration,
                ended ?? route.move?.state,
                route.number,
                actor,
                reason,
                time,
                start: started
            )
        )
        return route
    }

    private func entry(
        _ operation: String,
        _ migration: MigrationID?,
        _ state: MigrationState?,
        _ number: Int64,
        _ actor: String,
        _ reason: String?,
        _ time: WallTime,
        start: Move? = nil
    ) -> AuditEntry {
        AuditEntry(
            tenant: tenant,
            migration: migration,
            number: number,
            operation: operation,
            state: state,
            source: start == nil ? nil : active,
            target: start?.target,
            reverses: start?.reverses,
            actor: actor,
            reason: reason,
            at: time
        )
    }

    @discardableResult
    private func require(
        _ id: MigrationID,
        in states: Set<MigrationState>,
        _ change: RouteChange
    ) throws(CutoverError) -> Move {
        guard let move, move.migration == id else {
            throw refusal(change, "The migration is not under way; it has ended, or another one has taken its place.")
        }
        guard states.contains(move.state) else {
            let allowed = states.map(\.rawValue).sorted().joined(separator: ", ")
            throw refusal(change, "The migration is in \(move.state.rawValue); this is possible in \(allowed) only.")
        }
        return move
    }

    private func refusal(_ change: RouteChange, _ message: String) -> CutoverError {
        CutoverError(.state, "Cannot \(change.operation): \(message)", tenant: tenant, state: state)
    }
}

extension RouteChange {
    /// The name of the change in the audit log.
    public var operation: String {
        switch self {
        case .start(_, _, _, let reverses): reverses == nil ? "start" : "rollback"
        case .beginCopy: "copy"
        case .follow: "follow"
        case .pause: "pause"
        case .resume: "resume"
        case .beginCutover: "begin cutover"
        case .completeCutover(_, _, _, let branch): branch == nil ? "cutover" : "forced cutover"
        case .abandonCutover: "abandon cutover"
        case .abort: "abort"
        case .fail: "fail"
        case .emergencyStop: "emergency stop"
        case .dropWarmCopy: "drop warm copy"
        case .clearBranch: "clear branch"
        }
    }
}
