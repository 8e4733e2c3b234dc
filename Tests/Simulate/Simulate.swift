import InMemoryAdapter
import Logging
import MigrationCore
import MigrationTesting

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs simulated migrations seed after seed: `cutover-simulate --seeds 1000 --first 1 [--repeat] [--history SEED]`.
///
/// With `--until-failure` it ends with the first seed whose run breaks an invariant.
///
/// Prints a summary of what struck and which changes were made; exits with 1 when an invariant did not hold, when a fault or
/// a transition was never met, or when a repeated seed gave another history.
@main
struct Simulate {
    static func main() {
        var arguments = CommandLine.arguments.dropFirst().makeIterator()
        var seeds = 100
        var first: UInt64 = 1
        var checksRepetition = false
        var endsAtFailure = false
        var shown: UInt64?
        while let argument = arguments.next() {
            switch argument {
            case "--seeds": seeds = arguments.next().flatMap { Int($0) } ?? 0
            case "--first": first = arguments.next().flatMap { UInt64($0) } ?? 1
            case "--repeat": checksRepetition = true
            case "--until-failure": endsAtFailure = true
            case "--history": shown = arguments.next().flatMap { UInt64($0) }
            default:
                fail(
                    "unknown option \(argument); known are --seeds N, --first N, --repeat, --until-failure and --history SEED"
                )
            }
        }
        // What the coordinators log of thousands of runs at once helps nobody; the history of one run is printed on request.
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        guard seeds > 0 else { fail("--seeds takes a number of at least 1") }
        if let shown {
            let report = run(shown, keepsHistory: true)
            for line in report.history { print(line) }
            exit(report.violations.isEmpty ? 0 : 1)
        }
        var summary = SimulationSummary()
        for seed in first..<(first + UInt64(seeds)) {
            let report = run(seed)
            summary.add(report)
            if !report.violations.isEmpty {
                print("seed \(seed): \(report.violations.joined(separator: "; "))")
                if endsAtFailure { exit(1) }
            }
            if checksRepetition, run(seed).digest != report.digest {
                print("seed \(seed): a second run had another history")
                summary.unrepeatable += 1
            }
        }
        print(summary.text)
        exit(summary.isGood ? 0 : 1)
    }

    static func run(_ seed: UInt64, keepsHistory: Bool = false) -> SimulationReport {
        var options = SimulationOptions()
        options.keepsHistory = keepsHistory
        let stores = MigrationSimulation.Stores(
            makeEventStore: { id, clock in
                InMemoryEventStore(id: id, now: { WallTime(millisecondsSinceEpoch: 0) }, clock: clock)
            },
            makeDocumentStore: { id, clock, random in
                InMemoryDocumentStore(
                    id: id,
                    now: { WallTime(millisecondsSinceEpoch: 0) },
                    clock: clock,
                    random: random
                )
            }
        )
        return MigrationSimulation(seed: seed, options: options, stores: stores).run()
    }

    static func fail(_ message: String) -> Never {
        print(message)
        exit(2)
    }
}
