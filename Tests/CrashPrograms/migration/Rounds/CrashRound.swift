import MigrationTesting

/// One round: writers and operators start, and all of them are killed, each at its time; some are started again.
final class CrashRound {
    private let rounds: CrashRounds
    private let number: Int
    private var random: SeededRandom
    private let plan: RoundPlan
    private let pace: Pace
    private var children: [Child] = []
    /// How often each may still be started in this round.
    private var lives: [Int] = []
    private let start: ContinuousClock.Instant

    // What happens once in a round, at its time.
    private var copyAt: ContinuousClock.Instant?
    private var lockAt: ContinuousClock.Instant?
    private var repairAt: ContinuousClock.Instant?
    private var haltAt: ContinuousClock.Instant?
    private var outageAt: ContinuousClock.Instant?
    private var cutoversAtHalt = 0
    private var locker: Child?

    init(number: Int, in rounds: CrashRounds) {
        self.number = number
        self.rounds = rounds
        random = SeededRandom(seed: rounds.options.seed &* 1_000_003 &+ UInt64(number))
        pace = rounds.place.pace
        plan =
            rounds.place.server == nil
            ? RoundPlan.onFiles(&random, canRestore: rounds.restoration.hasCopy)
            : RoundPlan.onServer(
                &random,
                number: UInt64(number) &+ rounds.options.seed,
                writerCount: pace.writerCount
            )
        start = rounds.now
    }

    func run() async throws {
        print("round \(number): \(plan)")
        if plan.restore != nil {
            try rounds.restoration.restore()
            rounds.summary.restores += 1
            if plan.restore == .repairedBefore {
                rounds.summary.repairedRoutes += try await rounds.restoration.repair()
            }
        }
        if plan.restore == .repairedWhileRunning { repairAt = moment(200..<600) }
        if plan.copiesControlStore { copyAt = moment(200..<1_000) }
        if plan.locked != nil { lockAt = moment(100..<500) }
        if plan.halted != nil, !plan.haltsAtPoint { haltAt = moment(pace.trouble) }
        if plan.failsServer { outageAt = moment(pace.trouble) }
        for index in 0..<(plan.writerCount + plan.operatorCount) {
            lives.append(pace.lives)
            children.append(try spawn(index))
        }
        let end = start + pace.round
        while children.contains(where: { !$0.reportedEnd }) {
            try await Task.sleep(for: .milliseconds(4))
            try await look()
            if rounds.now > end { for child in children { child.kill() } }
        }
        locker?.kill()
    }

    private func moment(_ milliseconds: Range<Int>) -> ContinuousClock.Instant {
        rounds.now + .milliseconds(milliseconds.lowerBound + random.below(milliseconds.count))
    }

    /// Starts a process with its fate: the point or the time at which it is killed, and whether it is halted before.
    private func spawn(_ index: Int) throws -> Child {
        let isOperator = index >= plan.writerCount
        let isFirst = lives[index] == pace.lives
        let isHalted = plan.halted == index && isFirst
        // While a process is halted, somebody has to move the tenants on.
        let isCompanion = plan.halted != nil && plan.halted != index && isOperator && isFirst
        let waits = isHalted || isCompanion
        lives[index] -= 1
        // A machine that is busy needs its time until a point is reached; where it is reached sooner, the round ends sooner.
        let hasPoint = waits || !random.chance(10)
        let name = isOperator ? "o\(index - plan.writerCount)" : "w\(index)"
        let fates = Fates(isOperator: isOperator, place: rounds.place)
        return try Child(
            [isOperator ? "operator" : "writer", name, "\(random.next())"] + rounds.place.arguments,
            name: name,
            kill: hasPoint ? fates.kill(&random) : [],
            stop: isHalted && plan.haltsAtPoint ? fates.stop(&random) : [],
            startsUnarmed: waits,
            deadline: hasPoint ? rounds.now + (waits ? .seconds(3) : pace.life) : moment(pace.randomKill)
        )
    }

    /// Hears what the processes say, and does what is due.
    private func look() async throws {
        let now = rounds.now
        for (index, child) in children.enumerated() where !child.reportedEnd {
            let isRunning = child.isRunning
            for point in rounds.listen(to: child) {
                halted(child, at: point.name)
                // What a halted process had begun is what a restored control store may still hold.
                try await rounds.restoration.copy()
            }
            if !isRunning {
                rounds.settle(child)
                if lives[index] > 0, now < start + pace.life { children[index] = try spawn(index) }
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
        if let time = outageAt, now >= time {
            outageAt = nil
            try await failServer()
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
                ["lock", "\(rounds.place.folder)/\(file).sqlite", "1200"],
                name: "lock",
                deadline: now + .seconds(3)
            )
        }
    }

    private func halted(_ child: Child, at point: String) {
        child.haltedAt = rounds.now
        cutoversAtHalt = rounds.ledger.cutovers
        rounds.summary.halts[point, default: 0] += 1
        for other in children where other.deadline > rounds.now { other.deadline += pace.halt.least }
    }

    /// Wakes a halted process once every timeout has passed, and, unless that takes too long, a tenant has moved on.
    private func wakeWhenDue(_ child: Child) {
        guard let haltedAt = child.haltedAt else { return }
        let duration = rounds.now - haltedAt
        let isCrossed = rounds.ledger.cutovers > cutoversAtHalt
        guard duration > pace.halt.most || (isCrossed && duration > pace.halt.least) else { return }
        if isCrossed { rounds.summary.haltsAcrossCutover += 1 }
        child.wake()
        for other in children {
            other.arm()
            other.deadline = moment(3_000..<4_000)
        }
    }

    /// Makes the server fail under everybody; who lives then has time to go on.
    private func failServer() async throws {
        let start = rounds.now
        try await rounds.server.fail()
        rounds.summary.outages += 1
        let lost = rounds.now - start
        for child in children { child.deadline += lost + .seconds(1) }
    }
}
