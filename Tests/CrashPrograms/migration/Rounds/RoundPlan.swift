import MigrationCore
import MigrationTesting

/// Where, how many rounds, of which seed, and for how long at most.
struct RoundOptions {
    enum Store: String {
        case sqlite, mongodb, azure
    }

    var store = Store.sqlite
    var rounds = 50
    var seed: UInt64 = 1
    var maximumSeconds = 600
}

/// What happens in one round, beside kills.
struct RoundPlan: CustomStringConvertible {
    enum Restore {
        /// The route is repaired before any process starts.
        case repairedBefore
        /// Processes start on the restored control store; the repair comes while they run.
        case repairedWhileRunning
    }

    let writerCount: Int
    var operatorCount: Int
    /// The index of the process that is halted past every timeout, writers first.
    var halted: Int?
    /// Whether it halts itself at a point; else the parent halts it at any moment.
    var haltsAtPoint = false
    var restore: Restore?
    /// The event store whose write lock is held for a while.
    var locked: String?
    var copiesControlStore = false
    /// Whether the server fails while everybody works.
    var failsServer = false

    static func onFiles(_ random: inout SeededRandom, canRestore: Bool) -> RoundPlan {
        var plan = RoundPlan(writerCount: Pace.files.writerCount, operatorCount: 1 + random.below(2))
        plan.copiesControlStore = random.chance(40)
        switch random.below(100) {
        case ..<35:
            plan.operatorCount = 2
            plan.halted = random.chance(50) ? random.below(plan.writerCount) : plan.writerCount + random.below(2)
            plan.haltsAtPoint = random.chance(60)
        case ..<50:
            if canRestore { plan.restore = random.chance(50) ? .repairedBefore : .repairedWhileRunning }
        case ..<65: plan.locked = random.pick(["first", "second"])
        default: break
        }
        return plan
    }

    /// Four rounds in a row hold each kind of trouble.
    static func onServer(_ random: inout SeededRandom, number: UInt64, writerCount: Int) -> RoundPlan {
        var plan = RoundPlan(writerCount: writerCount, operatorCount: 2)
        switch number % 4 {
        case 0: plan.halted = random.below(plan.writerCount)
        case 1: plan.failsServer = true
        case 2: plan.halted = plan.writerCount + random.below(plan.operatorCount)
        default: break
        }
        plan.haltsAtPoint = plan.halted != nil && random.chance(60)
        return plan
    }

    private init(writerCount: Int, operatorCount: Int) {
        self.writerCount = writerCount
        self.operatorCount = operatorCount
    }

    var description: String {
        var parts = ["\(writerCount) writers, \(operatorCount) operators"]
        if let halted {
            let name = halted < writerCount ? "w\(halted)" : "o\(halted - writerCount)"
            parts.append("\(name) is halted \(haltsAtPoint ? "at a point" : "at random")")
        }
        switch restore {
        case .repairedBefore: parts.append("on a restored control store")
        case .repairedWhileRunning: parts.append("on a restored control store that is repaired meanwhile")
        case nil: break
        }
        if let locked { parts.append("\(locked) is locked for a while") }
        if failsServer { parts.append("the server fails") }
        return parts.joined(separator: ", ")
    }
}
