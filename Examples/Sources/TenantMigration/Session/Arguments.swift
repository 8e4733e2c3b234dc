public import ArgumentParser
public import MigrationCore

extension TenantID: @retroactive ExpressibleByArgument {
    public init?(argument: String) { try? self.init(argument) }
}

extension StoreID: @retroactive ExpressibleByArgument {
    public init?(argument: String) { try? self.init(argument) }
}

extension MigrationID: @retroactive ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension MigrationState: @retroactive ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }

    public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

/// What every subcommand takes: the stores, the control store, who asks, and how to answer.
struct SharedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A store, such as old=sqlite:old.sqlite or new=mongodb://db1/shop?replicaSet=main; repeat it for each.",
            valueName: "name=uri"
        )
    )
    var store: [String] = []

    @Option(help: ArgumentHelp("The control store that all processes share, such as control.sqlite.", valueName: "uri"))
    var control: String?

    @Option(help: ArgumentHelp("A JSON file with control, stores, actor and cutoverTimeoutSeconds.", valueName: "file"))
    var config: String?

    @Flag(help: "Create files that are missing; without it a missing file is an error.")
    var create = false

    @Option(help: "Who asks, for the audit log; by default the name of the user.")
    var actor: String?

    @Flag(help: "Print JSON.")
    var json = false
}

/// One migration: by its id, or the newest one of a tenant.
struct MigrationChoice: ParsableArguments {
    @Argument(help: "The migration's id.")
    var migration: MigrationID?

    @Option(help: "The newest migration of this tenant, instead of an id.")
    var tenant: TenantID?

    mutating func validate() throws {
        guard (migration == nil) != (tenant == nil) else {
            throw ValidationError("Name one migration: its id, or --tenant for the newest one of a tenant.")
        }
    }

    /// Looks the migration up.
    func find(in session: Session) async throws -> MigrationRecord {
        if let migration {
            guard let record = try await session.coordinator.migration(migration) else {
                throw Failure(.unknown, code: "unknownMigration", message: "There is no migration \(migration).")
            }
            return record
        }
        guard let tenant, let record = try await session.coordinator.migrations(for: tenant).last else {
            throw Failure(.unknown, code: "unknownMigration", message: "The tenant has no migration.")
        }
        return record
    }
}

/// The consent that a command needs which destroys something or moves the application.
struct ConsentOptions: ParsableArguments {
    @Flag(name: [.short, .long], help: "Do it without asking.")
    var yes = false
}
