import MigrationTesting

/// Where a process is told to kill and to halt itself.
struct Fates {
    let isOperator: Bool
    let place: CrashPlace

    /// What every process passes again and again, and how many times at most before the kill.
    private static let writerSteps = [(step: "append", passages: 80), (step: "offer", passages: 20)]
    private static let operatorSteps: [(step: String, passages: Int)] = [
        ("prepare", 2), ("offer", 30), ("close", 2), ("open", 2), ("control.start", 2), ("control.copy", 2),
        ("control.follow", 3), ("control.begin-cutover", 2), ("control.cutover", 2), ("control.settle", 6),
        ("control.leases", 4), ("control.migrations", 6), ("control.audit", 6),
    ]
    /// What happens now and then only.
    private static let rareSteps = [
        "purge", "control.abandon-cutover", "control.abort", "control.pause", "control.rollback",
    ]

    /// Points for a kill, the first that is reached; most lie inside a transaction.
    func kill(_ random: inout SeededRandom) -> [CrashPoint] {
        guard isOperator else {
            // A target to offer to is not always there.
            let steps = Self.writerSteps
            return [kill(steps[1], &random), kill(steps[0], &random)].suffix(1 + random.below(2))
        }
        // The last keeps a quiet operator from outliving the round: a lease is renewed all the time.
        return [
            kill((random.pick(Self.rareSteps), 1), &random), kill(random.pick(Self.operatorSteps), &random),
            kill(("control.leases", 15), &random),
        ]
    }

    private func kill(_ step: (step: String, passages: Int), _ random: inout SeededRandom) -> CrashPoint {
        let moments: [CrashPoint.Moment] = random.chance(85) ? [.inside, .inside, .row] : [.before, .after]
        var moment = random.pick(moments)
        // Heads are kept in a table without row ids, whose changes SQLite tells nobody about; a server tells of no row at all.
        if moment == .row, place.server != nil || ["prepare", "close", "open"].contains(step.step) { moment = .inside }
        return CrashPoint(step.step, moment, passage: passage(step.passages, &random))
    }

    private func passage(_ most: Int, _ random: inout SeededRandom) -> Int {
        // An operator does as much in a round wherever it works, a writer what its share of the machine allows.
        1 + random.below(max(1, isOperator ? most : most * place.pace.passages / 100))
    }

    /// A point for a stall where a decision has been made and not carried out: between two calls, so that it holds no lock.
    ///
    /// On a server a writer also halts inside its transaction, which the server ends before the writer wakes.
    func stop(_ random: inout SeededRandom) -> [CrashPoint] {
        guard isOperator else {
            let moments: [CrashPoint.Moment] = place.server == nil ? [.before, .after] : [.before, .inside, .after]
            return [CrashPoint("append", random.pick(moments), passage: passage(60, &random))]
        }
        let points: [(String, CrashPoint.Moment)] = [
            ("control.begin-cutover", .after), ("close", .before), ("close", .after), ("offer", .before),
            ("open", .before), ("open", .after), ("control.cutover", .before), ("control.cutover", .after),
            ("control.abandon-cutover", .before), ("control.abort", .after), ("prepare", .before), ("purge", .before),
        ]
        return (0..<2).map { _ in
            let (step, moment) = random.pick(points)
            return CrashPoint(step, moment)
        }
    }
}
