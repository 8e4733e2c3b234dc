internal import ArgumentParser
internal import MigrationCore

/// `status`: where tenants and migrations stand.
struct StatusCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Where a migration, a tenant, or every tenant stands."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions

    @Argument(help: "A migration's id.")
    var migration: MigrationID?

    @Option(help: "A tenant: its route and its newest migration.")
    var tenant: TenantID?

    var need: Session.Need { .whatIsThere }

    mutating func validate() throws {
        guard migration == nil || tenant == nil else {
            throw ValidationError("Name a migration or a tenant, not both; without either every tenant is listed.")
        }
    }

    func execute(in session: Session, output: Output) async throws -> TenantsReport {
        if let migration {
            guard let record = try await session.coordinator.migration(migration) else {
                throw Failure(.unknown, code: "unknownMigration", message: "There is no migration \(migration).")
            }
            let route = try await session.coordinator.route(of: record.tenant)
            return TenantsReport(
                TenantsReport.Entry(
                    route: RouteReport(tenant: record.tenant, route),
                    migration: try await .make(record, in: session)
                )
            )
        }
        if let tenant {
            let entry = try await entry(tenant, in: session)
            guard entry.route.storeID != nil || entry.migration != nil else {
                let known = try await session.tenants().contains(tenant)
                guard known else {
                    throw Failure(
                        .unknown,
                        code: "unknownTenant",
                        message: "No store and no route knows the tenant '\(tenant)'."
                    )
                }
                return TenantsReport(entry)
            }
            return TenantsReport(entry)
        }
        var entries: [TenantsReport.Entry] = []
        for tenant in try await session.tenants() { entries.append(try await entry(tenant, in: session)) }
        return TenantsReport(entries)
    }

    private func entry(_ tenant: TenantID, in session: Session) async throws -> TenantsReport.Entry {
        let route = try await session.coordinator.route(of: tenant)
        let newest = try await session.coordinator.migrations(for: tenant).last
        var report: MigrationReport?
        if let newest { report = try await .make(newest, in: session) }
        return TenantsReport.Entry(route: RouteReport(tenant: tenant, route), migration: report)
    }
}

/// `migrations`: everything that ever moved a tenant.
struct MigrationsCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrations",
        abstract: "All migrations of a tenant, oldest first."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions

    @Option(help: "The tenant.")
    var tenant: TenantID

    var need: Session.Need { .whatIsThere }

    func execute(in session: Session, output: Output) async throws -> MigrationsReport {
        MigrationsReport(migrations: try await session.coordinator.migrations(for: tenant).map(MigrationReport.init))
    }
}

/// `audit`: who did what, why and when.
struct AuditCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "What was done to a tenant, oldest first: who, what, why and when."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions

    @Option(help: "The tenant.")
    var tenant: TenantID

    var need: Session.Need { .whatIsThere }

    func execute(in session: Session, output: Output) async throws -> AuditReport {
        AuditReport(entries: try await session.coordinator.auditLog(of: tenant).map(AuditReport.Entry.init))
    }
}

/// The audit log of a tenant.
struct AuditReport: Report {
    /// One line of it.
    struct Entry: Encodable, Sendable {
        let at: String
        let actor: String
        let operation: String
        let state: String?
        let migrationID: String?
        let epoch: Int64
        let reason: String?

        init(_ entry: AuditEntry) {
            at = entry.at.description
            actor = entry.actor
            operation = entry.operation
            state = entry.state?.rawValue
            migrationID = entry.migration?.description
            epoch = entry.number
            reason = entry.reason
        }
    }

    let entries: [Entry]

    var lines: [String] {
        guard !entries.isEmpty else { return ["nothing was ever done to the tenant"] }
        return Text.table(
            ["at", "actor", "operation", "state", "reason"],
            entries.map { [$0.at, $0.actor, $0.operation, $0.state ?? "", $0.reason ?? ""] }
        )
    }
}
