import MigrationTesting

/// How many rounds, of which seed, and for how long at most.
struct RoundOptions {
    var rounds = 50
    var seed: UInt64 = 1
    var maximumSeconds = 600
}

/// What happens in one round, beside kills.
struct RoundPlan {
    enum Restore {
        /// The route is repaired before any process starts.
        case repairedBefore
        /// Processes start on the restored control store; the repair comes while they run.
        case repairedWhileRunning
    }

    var operatorCount: Int
    /// The index of the process that is halted past every timeout, writers first.
    var halted: Int?
    /// Whether it halts itself at a point; else the parent halts it at any moment.
    var haltsAtPoint = false
    var restore: Restore?
    /// The event store whose write lock is held for a while.
    var locked: String?
    var copiesControlStore: Bool

    init(_ random: inout SeededRandom, canRestore: Bool) {
        operatorCount = 1 + random.below(2)
        copiesControlStore = random.chance(40)
        switch random.below(100) {
        case ..<35:
            operatorCount = 2
            halted = random.chance(50) ? random.below(3) : 3 + random.below(2)
            haltsAtPoint = random.chance(60)
        case ..<50: if canRestore { restore = random.chance(50) ? .repairedBefore : .repairedWhileRunning }
        case ..<65: locked = random.pick(["first", "second"])
        default: break
        }
    }
}
