internal import ArgumentParser
internal import MigrationCore

/// `start`: a tenant begins to move.
struct StartCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Starts the move of a tenant to another store; the copying is done by `run`."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions

    @Option(help: "The tenant.")
    var tenant: TenantID

    @Option(help: "The store to move to.")
    var to: StoreID

    @Option(help: "The store that the tenant must be in now; needed when it has no route yet.")
    var from: StoreID?

    @Option(help: "Why, for the audit log.")
    var reason: String?

    func execute(in session: Session, output: Output) async throws -> ChangeReport {
        if let from { _ = try session.stores.store(from) }
        let id = try await session.coordinator.start(tenant: tenant, to: to, from: from, reason: reason)
        return try await session.report("The move has begun; keep `run` running, and follow it with `watch`.", id)
    }
}

/// `pause`: the copying stops, the application goes on.
struct PauseCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stops the copying at the next batch; the application goes on with the source."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var choice: MigrationChoice

    @Option(help: "Why, for the audit log.")
    var reason: String?

    var need: Session.Need { .whatIsThere }

    func execute(in session: Session, output: Output) async throws -> ChangeReport {
        let id = try await choice.find(in: session).id
        try await session.coordinator.pause(id, reason: reason)
        return try await session.report("The migration is paused.", id)
    }
}

/// `resume`: the copying goes on.
struct ResumeCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Goes on where a migration was paused."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var choice: MigrationChoice

    @Option(help: "Why, for the audit log.")
    var reason: String?

    var need: Session.Need { .whatIsThere }

    func execute(in session: Session, output: Output) async throws -> ChangeReport {
        let id = try await choice.find(in: session).id
        try await session.coordinator.resume(id, reason: reason)
        return try await session.report("The migration goes on.", id)
    }
}

/// `cutover`: the target becomes the active store.
struct CutoverCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover",
        abstract: "Makes the target the active store; writers feel one short pause.",
        discussion: """
            The migration must be in dual_write. Whatever fails before the switch leaves the tenant where it was; then try \
            again, allow more time, or abort. With --force the comparison is skipped, and what the target lacks is left \
            behind in the source and recorded.
            """
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var choice: MigrationChoice
    @OptionGroup var consent: ConsentOptions

    @Flag(help: "Skip the gate and the comparison; events that the target lacks are left behind.")
    var force = false

    @Option(
        name: [.long, .customLong("cutover-timeout-seconds")],
        help: "How many seconds the cutover may take; 5 by default."
    )
    var timeout: Double?

    @Option(help: "How many times to try when the time runs out or the target lags.")
    var attempts: Int = 1

    @Flag(inversion: .prefixedNo, help: "Let the old store follow the new one, so that a way back is short.")
    var warm = true

    @Option(help: "Why, for the audit log.")
    var reason: String?

    mutating func validate() throws {
        if let timeout, !(timeout > 0 && timeout.isFinite) { throw ValidationError("A timeout is above 0 seconds.") }
        guard attempts >= 1 else { throw ValidationError("There is at least 1 attempt.") }
    }

    func configure(_ configuration: inout MigrationCoordinator.Configuration) {
        if let timeout { configuration.cutoverTimeout = .seconds(timeout) }
        configuration.keepsSourceWarm = warm
    }

    func execute(in session: Session, output: Output) async throws -> ChangeReport {
        let record = try await choice.find(in: session)
        let what = "The tenant '\(record.tenant)' moves from \(record.source) to \(record.target)"
        try Consent(isGiven: consent.yes, output: output).require(
            force ? "\(what) by force: what the target lacks is left behind." : "\(what) now."
        )
        for attempt in 1...attempts {
            do {
                try await session.coordinator.cutOver(record.id, force: force, reason: reason)
                break
            } catch {
                guard attempt < attempts, error.code == .timeout || error.code == .lag else { throw error }
                output.note("attempt \(attempt) of \(attempts): \(error.message)")
            }
        }
        return try await session.report("\(record.target) is the active store now.", record.id)
    }
}

/// `rollback`: the way back of a migration that is done.
struct RollbackCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Starts the way back of a migration that has migrated: a new migration, which needs its own cutover."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var choice: MigrationChoice

    @Option(help: "Why, for the audit log.")
    var reason: String?

    func execute(in session: Session, output: Output) async throws -> ChangeReport {
        let record = try await choice.find(in: session)
        let back = try await session.coordinator.rollBack(record.id, reason: reason)
        return try await session.report("The way back has begun; cut it over when it is in dual_write.", back)
    }
}

extension Session {
    /// What a command did, with the migration as it is now.
    func report(_ message: String, _ id: MigrationID) async throws -> ChangeReport {
        guard let record = try await coordinator.migration(id) else {
            throw Failure(.unknown, code: "unknownMigration", message: "There is no migration \(id).")
        }
        return ChangeReport(message: message, migration: try await .make(record, in: self))
    }
}
