internal import ArgumentParser
internal import MigrationCore

/// `repair --route`: rebuilds a lost route.
struct RepairCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Rebuilds the route of a tenant from the fences of its stores."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var consent: ConsentOptions

    @Option(help: "The tenant.")
    var tenant: TenantID

    @Flag(help: "Rebuild the route, after the control store was lost or restored from the past.")
    var route = false

    @Option(help: "Why, for the audit log.")
    var reason: String

    func execute(in session: Session, output: Output) async throws -> RouteReport {
        try Consent(isGiven: consent.yes, output: output).require(
            "The route of '\(tenant)' is rebuilt from the fences of its stores; a migration under way is over."
        )
        return RouteReport(tenant: tenant, try await session.coordinator.repairRoute(of: tenant, reason: reason))
    }
}
