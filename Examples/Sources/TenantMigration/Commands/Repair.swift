internal import ArgumentParser
internal import MigrationCore

/// `repair`: mends a copy, a lost route, or what a forced cutover left.
struct RepairCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract:
            "Mends a migration's copy; with --route a tenant's lost route, with --branch what a forced cutover left.",
        discussion: """
            A copy is verified, and its log is replaced from the first event that differs; --stream says for which streams a \
            difference counts. --route rebuilds the route from the fences of the stores, after the control store was lost or \
            restored from the past. --branch removes from the old store what a forced cutover left behind there, so that the \
            tenant can move again; look at it first with --list.
            """
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var choice: MigrationChoice
    @OptionGroup var consent: ConsentOptions

    @Option(help: "Mend only if this stream is wrong; repeat it for each.")
    var stream: [String] = []

    @Flag(help: "Rebuild the route of --tenant.")
    var route = false

    @Flag(help: "Remove what a forced cutover of --tenant left behind in the old store.")
    var branch = false

    @Flag(help: "With --branch: list what was left behind, and change nothing.")
    var list = false

    @Option(help: "Why, for the audit log.")
    var reason: String?

    mutating func validate() throws {
        guard !(route && branch) else { throw ValidationError("--route and --branch are two repairs; ask for one.") }
        guard !(route || branch) || choice.tenant != nil else {
            throw ValidationError("--route and --branch are for a tenant; name it with --tenant.")
        }
        guard stream.isEmpty || !(route || branch) else {
            throw ValidationError("--stream is for the repair of a copy.")
        }
        guard !list || branch else { throw ValidationError("--list goes with --branch.") }
        guard reason != nil || list else { throw ValidationError("Say why, with --reason.") }
    }

    func execute(in session: Session, output: Output) async throws -> RepairReport {
        let ask = Consent(isGiven: consent.yes, output: output)
        if route, let tenant = choice.tenant {
            try ask.require("The route of '\(tenant)' is rebuilt from its stores; a migration under way is over.")
            let route = try await session.coordinator.repairRoute(of: tenant, reason: reason ?? "")
            return RepairReport(route: RouteReport(tenant: tenant, route))
        }
        if branch, let tenant = choice.tenant {
            if list { return RepairReport(leftBehind: try await leftBehind(of: tenant, in: session)) }
            try ask.require("The events of '\(tenant)' that a forced cutover left behind are removed for good.")
            let removed = try await session.coordinator.repairBranch(of: tenant, reason: reason ?? "")
            return RepairReport(removed: removed)
        }
        let record = try await choice.find(in: session)
        let streams = try stream.isEmpty ? nil : Set(stream.map { try StreamID($0) })
        try ask.require("The copy of '\(record.tenant)' is replaced from the first event that differs.")
        return RepairReport(try await session.coordinator.repair(record.id, streams: streams, reason: reason))
    }

    /// More than these are read with the library, page by page.
    private static let maximumListedEvents = 10_000

    private func leftBehind(of tenant: TenantID, in session: Session) async throws -> [RepairReport.Event] {
        var events: [RepairReport.Event] = []
        var position: Int64 = 0
        while true {
            let page = try await session.coordinator.eventsLeftBehind(of: tenant, after: position)
            guard let last = page.last, events.count < Self.maximumListedEvents else { return events }
            events += page.map { event in
                RepairReport.Event(
                    position: event.position,
                    streamID: event.stream.text,
                    version: event.version,
                    id: event.id.description,
                    type: event.type
                )
            }
            position = last.position
        }
    }
}

/// What a repair did.
struct RepairReport: Report {
    /// An event that was left behind.
    struct Event: Encodable, Sendable {
        let position: Int64
        let streamID: String
        let version: Int64
        let id: String
        let type: String
    }

    var repaired: Int64?
    var leftOver: Int64?
    var removedEvents: Int64?
    var route: RouteReport?
    var eventsLeftBehind: [Event]?
    private let text: [String]

    private enum CodingKeys: CodingKey { case repaired, leftOver, removedEvents, route, eventsLeftBehind }

    init(_ result: RepairResult) {
        repaired = result.repaired
        leftOver = Int64(result.leftOver.count) + result.unnamed
        text = ["\(Text.count(result.repaired)) differences are mended, \(result.leftOver.count) are left"]
    }

    init(route: RouteReport) {
        self.route = route
        text = ["the route is"] + route.lines
    }

    init(removed: Int64) {
        removedEvents = removed
        text = ["\(Text.count(removed)) events were removed from the old store; the tenant can move again"]
    }

    init(leftBehind: [Event]) {
        eventsLeftBehind = leftBehind
        text =
            leftBehind.isEmpty
            ? ["nothing was left behind"]
            : Text.table(
                ["position", "stream", "version", "type", "id"],
                leftBehind.map { ["\($0.position)", $0.streamID, "\($0.version)", $0.type, $0.id] }
            )
    }

    var lines: [String] { text }

    var status: ExitStatus { (leftOver ?? 0) > 0 ? .differences : .done }
}
