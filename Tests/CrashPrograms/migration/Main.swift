import MigrationCore

/// Whole migrations on SQLite files by processes that are killed, stalled and deprived of their files, round after round.
///
/// Usage:
/// - `cutover-crash-migration rounds [--rounds N] [--seed N] [--seconds N]` is the parent: it starts and kills the others, and
///   proves from the files alone that nothing was lost. Exits with 1 when something was.
/// - `cutover-crash-migration writer|operator FOLDER NAME SEED` and `lock FILE MILLISECONDS` are what it starts.
@main
struct CrashMigration {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch (arguments.first, arguments.count) {
            case ("rounds", _): await rounds(arguments.dropFirst())
            case ("lock", 3): FileLock.hold(arguments[1], milliseconds: Int32(arguments[2]) ?? 0)
            case ("writer", 4), ("operator", 4):
                guard let seed = UInt64(arguments[3]) else { Report.fail("the seed is a number") }
                CrashPoints.shared.install()
                let world = try await openPersistently(arguments[1])
                if arguments[0] == "writer" {
                    try await CrashWriter(name: arguments[2], seed: seed, world: world).run()
                } else {
                    try await CrashOperator(name: arguments[2], seed: seed, world: world).run()
                }
            default:
                Report.fail(
                    """
                    usage: cutover-crash-migration rounds [--rounds N] [--seed N] [--seconds N]
                           cutover-crash-migration writer|operator FOLDER NAME SEED
                           cutover-crash-migration lock FILE MILLISECONDS
                    """
                )
            }
        } catch {
            Report.say("E start \((error as? StoreError)?.code.description ?? "\(error)")")
        }
    }

    /// A file may be locked by a process that is halted, or that does nothing else.
    private static func openPersistently(_ folder: String) async throws(StoreError) -> CrashWorld {
        while true {
            do throws(StoreError) {
                return try await CrashWorld.open(in: folder, withPoints: true)
            } catch  where error.code.isRetryable {
                Report.say("E start \(error.code)")
            }
        }
    }

    private static func rounds(_ arguments: ArraySlice<String>) async {
        var options = RoundOptions()
        var arguments = arguments.makeIterator()
        while let name = arguments.next() {
            guard let value = arguments.next().flatMap({ UInt64($0) }) else { Report.fail("\(name) takes a number") }
            switch name {
            case "--rounds": options.rounds = Int(value)
            case "--seed": options.seed = value
            case "--seconds": options.maximumSeconds = Int(value)
            default: Report.fail("unknown option \(name); known are --rounds, --seed and --seconds")
            }
        }
        guard options.rounds >= 1 else { Report.fail("--rounds takes a number of at least 1") }
        await CrashRounds(options).run()
    }
}
