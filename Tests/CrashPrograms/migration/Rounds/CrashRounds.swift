import Foundation
import MigrationCore
import MigrationTesting

/// The parent: round after round on stores that live on, and the proof at the end.
final class CrashRounds {
    let options: RoundOptions
    let place: CrashPlace
    /// The server of the run; it ends with this process, however that ends.
    let server: RoundServer
    var ledger: Ledger
    var summary = CrashSummary()
    var restoration: Restoration
    private var leases = LeaseProof()
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    var now: ContinuousClock.Instant { clock.now }

    private init(_ options: RoundOptions, _ server: RoundServer) {
        self.options = options
        self.server = server
        place = CrashPlace(
            folder: NSTemporaryDirectory() + "cutover-crash-" + UUID().uuidString,
            server: server.place
        )
        ledger = Ledger(expectedErrors: place.expectedErrors)
        restoration = Restoration(place)
        start = clock.now
    }

    /// Runs all rounds, and ends the program.
    static func run(_ options: RoundOptions) async {
        print("seed \(options.seed)")
        let server: RoundServer
        do { server = try await RoundServer.start(for: options.store) } catch { Report.fail("\(error)") }
        let isProven = await CrashRounds(options, server).run()
        server.end(keepingData: !isProven)
        exit(isProven ? 0 : 1)
    }

    private func run() async -> Bool {
        print("files in \(place.folder)" + server.description)
        do {
            try FileManager.default.createDirectory(atPath: place.folder, withIntermediateDirectories: true)
            // The parent writes the schema, so that the first round is like the others.
            await (try CrashWorld.open(place, withPoints: false)).close()
            while summary.rounds < options.rounds, now - start < .seconds(options.maximumSeconds) {
                try await CrashRound(number: summary.rounds, in: self).run()
                summary.rounds += 1
                if summary.rounds.isMultiple(of: place.pace.roundsBetweenProofs) { try await prove() }
                if !ledger.violations.isEmpty { break }
            }
            if ledger.violations.isEmpty { try await FinalMove(in: self).run() }
            try await prove()
        } catch {
            ledger.violation("the parent met \(error)")
        }
        print(summary.text(ledger))
        let problems = ledger.violations + (summary.rounds == options.rounds ? summary.shortcomings(ledger) : [])
        for problem in problems { print("VIOLATION: \(problem)") }
        if summary.rounds < options.rounds {
            print("ended after \(summary.rounds) of \(options.rounds) rounds")
        }
        guard problems.isEmpty, summary.rounds == options.rounds else {
            print("seed \(options.seed) failed; the stores are where they were")
            return false
        }
        try? FileManager.default.removeItem(atPath: place.folder)
        return true
    }

    private func prove() async throws {
        let world = try await CrashWorld.open(place, withPoints: false)
        var proof = Proof(world)
        try await proof.check(ledger)
        if summary.restores > 0 { leases = LeaseProof() }
        try await leases.check(world)
        await world.close()
        for violation in proof.violations + leases.violations { ledger.violation(violation) }
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
