internal import MigrationCore

/// A tenant's route: where it lives and what is under way.
struct RouteReport: Report {
    let tenantID: String
    /// The store that is active.
    let storeID: String?
    /// `normal`, or the state of the migration under way.
    let migrationState: String?
    let targetStoreID: String?
    let migrationID: String?
    let epoch: Int64?
    let warmStoreID: String?
    var eventsLeftBehind: Int64?
    var leftBehindInStoreID: String?

    init(tenant: TenantID, _ route: Route?) {
        tenantID = tenant.text
        storeID = route?.active.text
        migrationState = route.map { $0.state?.rawValue ?? "normal" }
        targetStoreID = route?.move?.target.text
        migrationID = route?.move?.migration.description
        epoch = route?.number
        warmStoreID = route?.warm?.store.text
        if let branch = route?.branch {
            eventsLeftBehind = branch.sourcePosition - branch.place.position
            leftBehindInStoreID = branch.store.text
        }
    }

    var lines: [String] {
        guard let storeID else {
            return ["tenant \(tenantID)", "  it has no route yet: it was never written through a router"]
        }
        let left = eventsLeftBehind.flatMap { count in
            leftBehindInStoreID.map { "\(Text.count(count)) events in \($0), by a forced cutover" }
        }
        return ["tenant \(tenantID)"]
            + Text.pairs([
                ("lives in", storeID), ("routing", migrationState), ("moves to", targetStoreID),
                ("migration", migrationID), ("kept warm", warmStoreID), ("left behind", left),
                ("epoch", epoch.map { "\($0)" }),
            ])
    }
}

/// What is known of one tenant, or of all.
struct TenantsReport: Report {
    /// A tenant with its newest migration.
    struct Entry: Encodable, Sendable {
        let route: RouteReport
        let migration: MigrationReport?
    }

    let tenants: [Entry]
    private let isList: Bool

    private enum CodingKeys: CodingKey { case tenants }

    /// One tenant in full.
    init(_ entry: Entry) {
        tenants = [entry]
        isList = false
    }

    /// Many, one line each.
    init(_ entries: [Entry]) {
        tenants = entries
        isList = true
    }

    var lines: [String] {
        guard isList else { return tenants.flatMap { $0.route.lines + ($0.migration?.lines ?? []) } }
        guard !tenants.isEmpty else { return ["no tenants"] }
        return Text.table(
            ["tenant", "lives in", "routing", "moves to", "copied", "lag"],
            tenants.map { entry in
                let isUnderWay = entry.route.migrationID != nil
                return [
                    entry.route.tenantID, entry.route.storeID ?? "no route", entry.route.migrationState ?? "",
                    entry.route.targetStoreID ?? "",
                    isUnderWay ? entry.migration?.progressPercentage.map(Text.percent) ?? "" : "",
                    isUnderWay ? entry.migration?.syncLag.map(Text.count) ?? "" : "",
                ]
            }
        )
    }
}

/// What a command that changes a route did.
struct ChangeReport: Report {
    /// One sentence.
    let message: String
    let migration: MigrationReport

    var lines: [String] { [message] + migration.lines }
}
