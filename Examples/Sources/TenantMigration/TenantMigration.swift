internal import ArgumentParser

/// `tenant-migration`: moves tenants between event stores, one subcommand for each operation of the runbook.
@main
struct TenantMigration: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant-migration",
        abstract: "Moves the events of tenants between stores while the application writes.",
        discussion: """
            Every process names the same stores and the same control store:

              --store old=sqlite:old.sqlite --store new=sqlite:new.sqlite --control control.sqlite

            or a file with --config: {"control": "control.sqlite", "stores": {"old": "sqlite:old.sqlite"}}. A command changes \
            the tenant's route and returns; the copying is done by one or more processes of `run`.

            Commands that destroy something or move the application ask first; --yes answers. Without a terminal and \
            without --yes they refuse.

            With --json a command prints one JSON object on standard output, or one for each line with `watch` and `run`.

            EXIT CODES
            \(ExitStatus.help)
            """,
        subcommands: [],
        groupedSubcommands: [
            CommandGroup(
                name: "Looking",
                subcommands: [
                    StatusCommand.self, WatchCommand.self, MigrationsCommand.self, AuditCommand.self,
                    DiagnoseCommand.self, PlanCommand.self, VerifyCommand.self,
                ]
            ),
            CommandGroup(
                name: "Moving",
                subcommands: [
                    RunCommand.self, StartCommand.self, PauseCommand.self, ResumeCommand.self, CutoverCommand.self,
                    RollbackCommand.self,
                ]
            ),
            CommandGroup(
                name: "Ending and mending",
                subcommands: [AbortCommand.self, EmergencyStopCommand.self, RepairCommand.self]
            ),
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            // What the parser refuses is told in the form that was asked for, as everything else is.
            if !(error is ExitCode), exitCode(for: error) == .validationFailure,
                CommandLine.arguments.contains("--json")
            {
                Output(isJSON: true).fail(
                    Failure(.usage, code: "usage", message: message(for: error)),
                    of: commandName()
                )
                Self.exit(withError: ExitStatus.usage.code)
            }
            exit(withError: error)
        }
    }

    /// The subcommand that was asked for, as far as it can be told.
    private static func commandName() -> String {
        CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") } ?? "tenant-migration"
    }
}
