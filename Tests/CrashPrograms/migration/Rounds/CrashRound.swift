import MigrationTesting

/// One round: three writers and one or two operators start, and all of them are killed, each at its time.
final class CrashRound {
    private let rounds: CrashRounds
    private let number: Int
    private var random: SeededRandom
    private let plan: RoundPlan
    private var children: [Child] = []
    private let start: ContinuousClock.Instant

    // What happens once in a round, at its time.
    private var copyAt: ContinuousClock.Instant?
    private var lockAt: ContinuousClock.Instant?
    private var repairAt: ContinuousClock.Instant?
    private var haltAt: ContinuousClock.Instant?
    private var cutoversAtHalt = 0
    private var locker: Child?

    init(number: Int, in rounds: CrashRounds) {
        self.number = number
        self.rounds = rounds
        random = SeededRandom(seed: rounds.options.seed &* 1_000_003 &+ UInt64(number))
        plan = RoundPlan(&random, canRestore: rounds.restoration.hasCopy)
        start = rounds.now
    }

    func run() async throws {
        if plan.restore != nil {
            try rounds.restoration.restore()
            rounds.summary.restores += 1
            if plan.restore == .repairedBefore {
                rounds.summary.repairedRoutes += try await rounds.restoration.repair()
            }
        }
        if plan.restore == .repairedWhileRunning { repairAt = moment(200, 600) }
        if plan.copiesControlStore { copyAt = moment(200, 1_000) }
        if plan.locked != nil { lockAt = moment(100, 500) }
        if plan.halted != nil, !plan.haltsAtPoint { haltAt = moment(200, 700) }
        for index in 0..<(3 + plan.operatorCount) { children.append(try spawn(index)) }
        let end = start + .seconds(15)
        while children.contains(where: { !$0.reportedEnd }) {
            try await Task.sleep(for: .milliseconds(4))
            try await look()
            if rounds.now > end { for child in children { child.kill() } }
        }
        locker?.kill()
    }

    private func moment(_ least: Int, _ most: Int) -> ContinuousClock.Instant {
        rounds.now + .milliseconds(least + random.below(most - least))
    }

    /// Starts a process with its fate: the point or the time at which it is killed, and whether it is halted before.
    private func spawn(_ index: Int) throws -> Child {
        let isOperator = index >= 3
        let isHalted = plan.halted == index
        // While a process is halted, somebody has to move the tenants on.
        let isCompanion = plan.halted != nil && !isHalted && isOperator
        let waits = isHalted || isCompanion
        // A machine that is busy needs its time until a point is reached; where it is reached sooner, the round ends sooner.
        let hasPoint = waits || !random.chance(10)
        let name = isOperator ? "o\(index - 3)" : "w\(index)"
        return try Child(
            [isOperator ? "operator" : "writer", rounds.folder, name, "\(random.next())"],
            name: name,
            kill: hasPoint ? Fates.kill(isOperator: isOperator, &random) : [],
            stop: isHalted && plan.haltsAtPoint ? Fates.stop(isOperator: isOperator, &random) : [],
            startsUnarmed: waits,
            deadline: hasPoint ? start + .seconds(waits ? 3 : 6) : moment(200, 1_500)
        )
    }

    /// Hears what the processes say, and does what is due.
    private func look() async throws {
        let now = rounds.now
        for child in children where !child.reportedEnd {
            let isRunning = child.isRunning
            for point in rounds.listen(to: child) {
                halted(child, at: point.name)
                // What a halted process had begun is what a restored control store may still hold.
                try await rounds.restoration.copy()
            }
            if !isRunning {
                rounds.settle(child)
            } else if child.haltedAt != nil {
                wakeWhenDue(child)
            } else if now >= child.deadline, child.isUnarmed {
                // The halt that it was to wait for never came.
                child.arm()
                child.deadline = now + .seconds(3)
            } else if now >= child.deadline {
                child.kill()
            }
        }
        if let time = haltAt, now >= time, let halted = plan.halted {
            haltAt = nil
            if children[halted].isRunning {
                children[halted].halt(at: now)
                self.halted(
                    children[halted],
                    at: children[halted].isOperator ? "operator, at random" : "writer, at random"
                )
            }
        }
        if let time = copyAt, now >= time {
            copyAt = nil
            try await rounds.restoration.copy()
        }
        if let time = repairAt, now >= time {
            repairAt = nil
            rounds.summary.repairedRoutes += try await rounds.restoration.repair()
        }
        if let time = lockAt, now >= time, let file = plan.locked {
            lockAt = nil
            rounds.summary.locks += 1
            locker = try Child(
                ["lock", "\(rounds.folder)/\(file).sqlite", "1200"],
                name: "lock",
                deadline: now + .seconds(3)
            )
        }
    }

    private func halted(_ child: Child, at point: String) {
        child.haltedAt = rounds.now
        cutoversAtHalt = rounds.ledger.cutovers
        rounds.summary.halts[point, default: 0] += 1
        for other in children where other.deadline > rounds.now { other.deadline += .milliseconds(1_500) }
    }

    /// Wakes a halted process once every timeout has passed, and, unless that takes too long, a tenant has moved on.
    private func wakeWhenDue(_ child: Child) {
        guard let haltedAt = child.haltedAt else { return }
        let duration = rounds.now - haltedAt
        let isCrossed = rounds.ledger.cutovers > cutoversAtHalt
        guard duration > .milliseconds(3_000) || (isCrossed && duration > .milliseconds(1_400)) else { return }
        if isCrossed { rounds.summary.haltsAcrossCutover += 1 }
        child.wake()
        for other in children {
            other.arm()
            other.deadline = moment(3_000, 4_000)
        }
    }
}
