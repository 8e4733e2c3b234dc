internal import MigrationCore

/// Where the documents of the demo come from, one after the other.
protocol DocumentSource {
    /// What it is, for the summary.
    var title: String { get }
    /// The next document, or `nil` at the end.
    mutating func next() throws -> (key: DocumentKey, document: Document)?
}

/// The collection that the documents go to.
let packages: CollectionName = "packages"

/// An event with the tenant and the stream that it belongs to.
struct TenantEvent {
    let tenant: TenantID
    let stream: StreamID
    let event: NewEvent
}

/// Where the events of the demo come from: all of them, in time order within each tenant.
struct EventHistory {
    /// What it is, for the summary.
    let title: String
    /// Each tenant's events, oldest first; tenants in their order.
    let tenants: [(tenant: TenantID, events: [TenantEvent])]

    /// How many events there are.
    var count: Int { tenants.reduce(0) { $0 + $1.events.count } }

    /// The machine's changelogs, or generated events where it has none.
    static func read(seed: UInt64, generated: Bool, console: Console) throws -> EventHistory {
        var random = SeededRandom(seed: seed)
        if !generated, let changelogs = try Changelogs.read(ids: &random) {
            console.say("events: \(changelogs.title)")
            return changelogs
        }
        let history = try GeneratedHistory.make(count: 30_000, seed: seed)
        console.say("events: \(generated ? "" : "this machine has no changelogs, so these are ")\(history.title)")
        return history
    }

    /// The same events, all of them in the log of one tenant.
    func gathered(in tenant: TenantID) -> EventHistory {
        EventHistory(
            title: title,
            tenants.flatMap(\.events).map { TenantEvent(tenant: tenant, stream: $0.stream, event: $0.event) }
        )
    }

    /// Sorts events by tenant and time; events of the same time stay in the order given.
    init(title: String, _ events: [TenantEvent]) {
        self.title = title
        tenants = Dictionary(grouping: events, by: \.tenant)
            .sorted { $0.key < $1.key }
            .map { tenant, events in (tenant, events.sortedByTime()) }
    }
}

extension [TenantEvent] {
    fileprivate func sortedByTime() -> [TenantEvent] {
        enumerated()
            .sorted { ($0.element.event.occurredAt, $0.offset) < ($1.element.event.occurredAt, $1.offset) }
            .map(\.element)
    }
}
