/// What a run did to its processes.
struct CrashSummary {
    var rounds = 0
    /// Kills of the parent, at any moment.
    var randomKills = 0
    /// Kills of processes by themselves, by the point.
    var namedKills: [CrashPoint: Int] = [:]
    var halts: [String: Int] = [:]
    /// Halts during which a cutover was completed.
    var haltsAcrossCutover = 0
    var restores = 0
    var repairedRoutes = 0
    var locks = 0
    /// How often the server failed.
    var outages = 0

    private var kills: Int { randomKills + namedKills.values.reduce(0, +) }
    private var killsInTransaction: Int {
        namedKills.filter { $0.key.moment.isInTransaction }.values.reduce(0, +)
    }

    /// What the run did not do enough of.
    func shortcomings(_ ledger: Ledger) -> [String] {
        var list: [String] = []
        if ledger.acknowledged.isEmpty { list.append("no event was acknowledged") }
        if killsInTransaction * 2 < kills {
            list.append(
                "only \(killsInTransaction) of \(kills) kills hit inside a transaction or call; at least half have to"
            )
        }
        return list
    }

    func text(_ ledger: Ledger) -> String {
        var lines = [
            "\(rounds) rounds, \(kills) kills: \(randomKills) at random, \(kills - randomKills) at named points",
            "\(killsInTransaction) kills inside a transaction of a file or a call of a server, "
                + "\(kills > 0 ? killsInTransaction * 100 / kills : 0) %",
        ]
        for (point, count) in namedKills.sorted(by: { $0.key.name < $1.key.name }) {
            lines.append("  \(point.name): \(count)")
        }
        let haltCount = halts.values.reduce(0, +)
        lines.append("\(haltCount) stalls past every timeout, \(haltsAcrossCutover) of them across a cutover")
        for (point, count) in halts.sorted(by: { $0.key < $1.key }) { lines.append("  \(point): \(count)") }
        lines.append("\(restores) restored control stores, \(repairedRoutes) routes repaired; \(locks) files locked")
        if outages > 0 { lines.append("\(outages) times the server failed under everybody") }
        lines.append("\(ledger.cutovers) cutovers, \(ledger.acknowledged.count) acknowledged events")
        for (error, count) in ledger.errors.sorted(by: { $0.key < $1.key }) { lines.append("  met \(error): \(count)") }
        return lines.joined(separator: "\n")
    }
}
