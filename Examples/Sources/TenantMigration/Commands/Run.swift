internal import ArgumentParser
internal import Foundation
internal import MigrationCore

/// `run`: the coordinator's background work, until a signal ends it.
struct RunCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Copies, follows and keeps old stores warm, for every tenant, until SIGINT or SIGTERM.",
        discussion: """
            Any number of them may run; each migration is worked on by one at a time, and another one goes on when that one \
            ends, however it ends. A signal lets the batch under way finish.
            """
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions

    @Option(help: "The most events that are copied per second.")
    var maximumEventsPerSecond: Double?

    @Option(help: "How many migrations to work on side by side.")
    var parallel: Int = 16

    @Option(help: "End by itself after this many seconds.")
    var seconds: Double?

    mutating func validate() throws {
        guard parallel >= 1, maximumEventsPerSecond.map({ $0 > 0 && $0.isFinite }) ?? true,
            seconds.map({ $0 > 0 && $0.isFinite }) ?? true
        else { throw ValidationError("The rate, the parallelism and the seconds are above 0.") }
    }

    func configure(_ configuration: inout MigrationCoordinator.Configuration) {
        if let maximumEventsPerSecond {
            configuration.rateLimit = RateLimit(maximumItemsPerSecond: maximumEventsPerSecond)
        }
        configuration.maximumParallelMigrations = parallel
    }

    func execute(in session: Session, output: Output) async throws -> RunReport {
        output.note("working on migrations; SIGINT or SIGTERM ends it after the batch under way")
        let end = try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask {
                try await session.coordinator.run()
                return "end"
            }
            group.addTask { try await Signals.first() }
            if let seconds {
                group.addTask {
                    try await Task.sleep(for: .seconds(seconds))
                    return "time"
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? "end"
        }
        return RunReport(endedBy: end)
    }
}

/// Why `run` ended.
struct RunReport: Report {
    let endedBy: String

    var lines: [String] { ["ended by \(endedBy)"] }
}

/// Signals that ask a program to end.
enum Signals {
    /// Waits for the first SIGINT or SIGTERM, and returns its name. From then on a second one ends the program at once.
    static func first() async throws -> String {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        let sources = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")].map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield(name) }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            signal(SIGINT, SIG_DFL)
            signal(SIGTERM, SIG_DFL)
        }
        for await name in stream { return name }
        throw CancellationError()
    }
}
