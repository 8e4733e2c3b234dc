import Foundation
import MigrationCore
import MigrationTesting

/// The parent: round after round on files that live on, and the proof at the end.
final class CrashRounds {
    let options: RoundOptions
    let folder: String
    var ledger = Ledger()
    var summary = CrashSummary()
    var restoration: Restoration
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    var now: ContinuousClock.Instant { clock.now }

    init(_ options: RoundOptions) {
        self.options = options
        folder = NSTemporaryDirectory() + "cutover-crash-" + UUID().uuidString
        restoration = Restoration(folder: folder)
        start = clock.now
    }

    /// Runs all rounds, and ends the program.
    func run() async {
        print("seed \(options.seed), files in \(folder)")
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            // The parent writes the schema, so that the first round is like the others.
            await (try CrashWorld.open(in: folder, withPoints: false)).close()
            while summary.rounds < options.rounds, now - start < .seconds(options.maximumSeconds) {
                try await CrashRound(number: summary.rounds, in: self).run()
                summary.rounds += 1
                if summary.rounds.isMultiple(of: 10) { try await prove() }
                if !ledger.violations.isEmpty { break }
            }
            if ledger.violations.isEmpty { try await FinalMove(in: self).run() }
            try await prove()
        } catch {
            ledger.violation("the parent met \(error)")
        }
        print(summary.text(ledger))
        let problems = ledger.violations + (summary.rounds == options.rounds ? summary.shortcomings : [])
        for problem in problems { print("VIOLATION: \(problem)") }
        if summary.rounds < options.rounds {
            print("ended after \(summary.rounds) of \(options.rounds) rounds")
        }
        guard problems.isEmpty, summary.rounds == options.rounds else {
            print("seed \(options.seed) failed; the files are in \(folder)")
            exit(1)
        }
        try? FileManager.default.removeItem(atPath: folder)
        exit(0)
    }

    private func prove() async throws {
        let world = try await CrashWorld.open(in: folder, withPoints: false)
        var proof = Proof(world)
        try await proof.check(ledger)
        await world.close()
        for violation in proof.violations { ledger.violation(violation) }
        let seconds = (now - start).components.seconds
        print(
            "\(seconds) s, \(summary.rounds) rounds: \(proof.eventCount) events in the active stores, "
                + "\(ledger.acknowledged.count) acknowledged, \(ledger.cutovers) cutovers, \(proof.violations.count) violations"
        )
    }

    /// Takes in what a process has said; returns the points at which it halted.
    func listen(to child: Child) -> [CrashPoint] {
        var halts: [CrashPoint] = []
        for line in child.lines() {
            guard let (kills, point) = ledger.add(line, of: child) else { continue }
            if kills { child.killedAt = point } else { halts.append(point) }
        }
        return halts
    }

    /// Counts the end of a process.
    func settle(_ child: Child) {
        guard !child.reportedEnd else { return }
        child.reportedEnd = true
        if let end = child.unexpectedEnd { ledger.violation(end) }
        if let point = child.killedAt {
            summary.namedKills[point, default: 0] += 1
        } else if child.isKilled {
            summary.randomKills += 1
        } else if child.unexpectedEnd == nil {
            ledger.violation("\(child.name) was killed by somebody else")
        }
    }
}
