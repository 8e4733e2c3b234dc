internal import ArgumentParser
internal import MigrationCore

/// `watch`: follows a migration until it ends, or is where one waits for it.
struct WatchCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follows a migration with a progress bar until it ends, or reaches a state."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var choice: MigrationChoice

    @Option(help: "End with 0 when the migration is in this state; by default when it has migrated.")
    var until: MigrationState = .migrated

    @Option(help: "How many seconds to wait at most; then end with 4.")
    var timeout: Double?

    @Option(help: "Seconds between two looks.")
    var every: Double = 0.5

    mutating func validate() throws {
        guard every > 0, every.isFinite, timeout.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("Both times are above 0 seconds.")
        }
    }

    func execute(in session: Session, output: Output) async throws -> ChangeReport {
        let id = try await choice.find(in: session).id
        let clock = ContinuousClock()
        let deadline = timeout.map { clock.now + .seconds($0) }
        var bar = ProgressBar(output)
        defer { bar.close() }
        for try await status in session.coordinator.statusUpdates(of: id, every: .seconds(every)) {
            bar.show(status, of: "watch")
            if status.state == until { break }
            if status.state.isTerminal {
                throw Failure(
                    CutoverError(
                        .state,
                        "The migration ended in \(status.state.rawValue): \(status.migration.errorMessage ?? "see the audit log").",
                        tenant: status.migration.tenant,
                        state: status.state
                    )
                )
            }
            if let deadline, clock.now >= deadline {
                throw Failure(
                    CutoverError(
                        .timeout,
                        "The migration is still in \(status.state.rawValue) after the time that was given; is `run` running?",
                        tenant: status.migration.tenant,
                        state: status.state
                    )
                )
            }
        }
        bar.close()
        return try await session.report("The migration is in \(until.rawValue).", id)
    }
}
