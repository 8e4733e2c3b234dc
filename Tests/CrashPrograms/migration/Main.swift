import MigrationCore

/// Whole migrations by processes that are killed, stalled and deprived of their stores, round after round: on SQLite files, on a
/// MongoDB server that the program starts, or on the emulator of Azure.
///
/// Usage:
/// - `cutover-crash-migration rounds [--store sqlite|mongodb|azure] [--rounds N] [--seed N] [--seconds N]` is the parent: it starts and
///   kills the others, and proves from the stores alone that nothing was lost. Exits with 1 when something was.
/// - `cutover-crash-migration writer|operator NAME SEED FOLDER [SERVER...]` and `lock FILE MILLISECONDS` are what it starts.
@main
struct CrashMigration {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            switch (arguments.first, arguments.count) {
            case ("rounds", _): await rounds(arguments.dropFirst())
            case ("lock", 3): FileLock.hold(arguments[1], milliseconds: Int32(arguments[2]) ?? 0)
            case ("writer", 4...6), ("operator", 4...6):
                guard let seed = UInt64(arguments[2]), let place = CrashPlace(arguments[3...]) else {
                    Report.fail("the seed is a number, and a folder follows it")
                }
                CrashPoints.shared.install()
                let world = try await openPersistently(place)
                if arguments[0] == "writer" {
                    try await CrashWriter(name: arguments[1], seed: seed, world: world).run()
                } else {
                    try await CrashOperator(name: arguments[1], seed: seed, world: world).run()
                }
            default:
                Report.fail(
                    """
                    usage: cutover-crash-migration rounds [--store sqlite|mongodb|azure] [--rounds N] [--seed N] [--seconds N]
                           cutover-crash-migration writer|operator NAME SEED FOLDER [SERVER...]
                           cutover-crash-migration lock FILE MILLISECONDS
                    """
                )
            }
        } catch {
            Report.say("E start \((error as? StoreError)?.code.description ?? "\(error)")")
        }
    }

    /// A file may be locked by a process that is halted, or that does nothing else, and a server may be down.
    private static func openPersistently(_ place: CrashPlace) async throws(StoreError) -> CrashWorld {
        while true {
            do throws(StoreError) {
                return try await CrashWorld.open(place, withPoints: true)
            } catch  where error.code.isRetryable || error.code == .outcomeUnknown {
                Report.say("E start \(error.code)")
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private static func rounds(_ arguments: ArraySlice<String>) async {
        var options = RoundOptions()
        var arguments = arguments.makeIterator()
        while let name = arguments.next() {
            let text = arguments.next() ?? ""
            if name == "--store" {
                guard let kind = RoundOptions.Store(rawValue: text) else {
                    Report.fail("--store is sqlite, mongodb or azure")
                }
                options.store = kind
                continue
            }
            guard let value = UInt64(text) else { Report.fail("\(name) takes a number") }
            switch name {
            case "--rounds": options.rounds = Int(clamping: value)
            case "--seed": options.seed = value
            case "--seconds": options.maximumSeconds = Int(clamping: value)
            default: Report.fail("unknown option \(name); known are --store, --rounds, --seed and --seconds")
            }
        }
        guard options.rounds >= 1 else { Report.fail("--rounds takes a number of at least 1") }
        await CrashRounds.run(options)
    }
}
