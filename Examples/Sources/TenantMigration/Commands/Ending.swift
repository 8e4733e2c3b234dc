internal import ArgumentParser
internal import MigrationCore

/// `abort`: a migration ends where it began.
struct AbortCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Ends a migration where it began, at once; after it has migrated, use `rollback`."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var choice: MigrationChoice
    @OptionGroup var consent: ConsentOptions

    @Option(help: "Why, for the audit log.")
    var reason: String

    @Flag(help: "Remove what was copied from the target.")
    var purge = false

    /// A target that cannot be opened is taken out of use later, by a coordinator that reaches it.
    var need: Session.Need { .whatIsThere }

    func configure(_ configuration: inout MigrationCoordinator.Configuration) {
        configuration.purgesOnAbort = purge
    }

    func execute(in session: Session, output: Output) async throws -> ChangeReport {
        let record = try await choice.find(in: session)
        guard record.state != .migrated else {
            throw Failure(
                CutoverError(
                    .state,
                    "The migration has migrated and its data is already on the target; use rollback.",
                    tenant: record.tenant,
                    state: record.state
                )
            )
        }
        try Consent(isGiven: consent.yes, output: output).require(
            "The move of '\(record.tenant)' to \(record.target) ends\(purge ? ", and what was copied is removed" : "")."
        )
        try await session.coordinator.abort(record.id, reason: reason)
        return try await session.report("The migration is aborted; \(record.source) is the active store.", record.id)
    }
}

/// `emergency-stop`: whatever is under way ends.
struct EmergencyStopCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "emergency-stop",
        abstract: "Ends whatever is under way for some or all tenants; their active stores stay active.",
        discussion: """
            Routing is normal again, parked calls go on, and migrations under way are failed. It needs the control store only: \
            a store that cannot be opened does not stop it. Harmless where nothing is under way, so it may be repeated.
            """
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var consent: ConsentOptions

    @Option(help: "A tenant to stop; repeat it for each.")
    var tenant: [TenantID] = []

    @Flag(help: "Stop every tenant whose routing is not normal.")
    var all = false

    @Option(help: "Why, for the audit log.")
    var reason = "Emergency stop - manual intervention"

    var need: Session.Need { .whatIsThere }

    mutating func validate() throws {
        guard all != !tenant.isEmpty else {
            throw ValidationError("Name tenants with --tenant, or all of them with --all.")
        }
    }

    func execute(in session: Session, output: Output) async throws -> StopReport {
        try Consent(isGiven: consent.yes, output: output).require(
            "Everything under way for \(all ? "every tenant" : tenant.map { "'\($0)'" }.joined(separator: ", ")) ends."
        )
        let results =
            all
            ? try await session.coordinator.emergencyStopAll(reason: reason)
            : await session.coordinator.emergencyStop(tenant, reason: reason)
        return StopReport(results)
    }
}

/// What an emergency stop did for each tenant.
struct StopReport: Report {
    /// One tenant.
    struct Entry: Encodable, Sendable {
        let tenantID: String
        /// Whether there was something to stop.
        let stopped: Bool
        let error: Failure?
    }

    let tenants: [Entry]
    let status: ExitStatus

    private enum CodingKeys: CodingKey { case tenants }

    init(_ results: [(tenant: TenantID, result: Swift.Result<Bool, CutoverError>)]) {
        var status = ExitStatus.done
        tenants = results.map { tenant, result in
            switch result {
            case .success(let stopped): return Entry(tenantID: tenant.text, stopped: stopped, error: nil)
            case .failure(let error):
                let failure = Failure(error)
                if status == .done || status == .unknown { status = failure.status }
                return Entry(tenantID: tenant.text, stopped: false, error: failure)
            }
        }
        self.status = status
    }

    var lines: [String] {
        guard !tenants.isEmpty else { return ["nothing is under way for any tenant"] }
        return tenants.map { entry in
            let verdict =
                entry.error.map { "NOT stopped: \($0.message)" }
                ?? (entry.stopped ? "stopped" : "nothing was under way")
            return "\(entry.tenantID): \(verdict)"
        }
    }
}
