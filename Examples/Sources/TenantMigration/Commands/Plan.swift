internal import ArgumentParser
internal import MigrationCore

/// `plan`: a dry run.
struct PlanCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "What a move would take and what stands in its way. Reads every event, and changes nothing."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions

    @Option(help: "The tenant.")
    var tenant: TenantID

    @Option(help: "The store to move to.")
    var to: StoreID

    @Option(help: "The store that the tenant is in, when it has no route yet.")
    var from: StoreID?

    @Option(help: "The rate limit that the copy is to have, for the estimate.")
    var maximumEventsPerSecond: Double?

    mutating func validate() throws {
        guard maximumEventsPerSecond.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("A rate is above 0.")
        }
    }

    func configure(_ configuration: inout MigrationCoordinator.Configuration) {
        if let maximumEventsPerSecond {
            configuration.rateLimit = RateLimit(maximumItemsPerSecond: maximumEventsPerSecond)
        }
    }

    func execute(in session: Session, output: Output) async throws -> PlanReport {
        PlanReport(try await session.coordinator.plan(tenant: tenant, to: to, from: from))
    }
}

/// What a dry run found.
struct PlanReport: Report {
    let tenantID: String
    let sourceStoreID: String
    let targetStoreID: String
    let isFeasible: Bool
    let totalEvents: Int64
    let eventsCopied: Int64
    let totalBytes: Int64
    let largestEventBytes: Int
    let streams: Int
    let countsAllStreams: Bool
    let minimumCopySeconds: Double
    /// What would stop the move, one sentence each.
    let problems: [String]

    init(_ plan: MigrationPlan) {
        tenantID = plan.tenant.text
        sourceStoreID = plan.source.text
        targetStoreID = plan.target.text
        isFeasible = plan.isFeasible
        totalEvents = plan.eventCount
        eventsCopied = plan.alreadyCopied
        totalBytes = plan.byteCount
        largestEventBytes = plan.largestEventBytes
        streams = plan.streamCount
        countsAllStreams = plan.countsAllStreams
        minimumCopySeconds = plan.minimumCopyTime.inSeconds
        problems = plan.problems.map { PlanReport.sentence($0, plan) }
    }

    private static func sentence(_ problem: MigrationPlan.Problem, _ plan: MigrationPlan) -> String {
        switch problem {
        case .underWay(let state): "Another migration of the tenant is in \(state.rawValue); end it first."
        case .alreadyThere: "The tenant lives in \(plan.target) already."
        case .eventsLeftBehind(let store): "A forced cutover left events behind in \(store); use repair --branch first."
        case .targetDiverged(let position):
            "What \(plan.target) holds is not the beginning of the tenant's log, at position \(position); purge or repair it."
        case .targetIsActive: "\(plan.target) is open for the tenant: another application writes to it."
        case .eventsTooLarge(let count, let positions):
            "\(count) events are larger than \(plan.target) takes, first at \(positions.prefix(10).map { "\($0)" }.joined(separator: ", "))."
        case .notDurable(let store): "\(store) may lose acknowledged writes when the machine crashes."
        }
    }

    var status: ExitStatus { isFeasible ? .done : .differences }

    var lines: [String] {
        ["tenant \(tenantID): \(isFeasible ? "the move can start" : "the move CANNOT start")"]
            + Text.pairs([
                ("from", sourceStoreID), ("to", targetStoreID),
                ("events", "\(Text.count(totalEvents)), of which \(Text.count(eventsCopied)) are there already"),
                ("bytes", "\(Text.count(totalBytes)), the largest event has \(Text.count(Int64(largestEventBytes)))"),
                ("streams", "\(countsAllStreams ? "" : "at least ")\(Text.count(Int64(streams)))"),
                ("copying takes", "at least \(Text.duration(.seconds(minimumCopySeconds)))"),
            ]) + problems.map { "  PROBLEM  \($0)" }
    }
}
