internal import MigrationCore

/// Appends that become one record: each is decided on the log and on those before it in the group.
///
/// One that is refused leaves the others alone. The answers count where the record is accepted under the length that is known, or
/// where the log was looked at, and nothing has to be written.
final class AppendGroup {
    private let index: LogIndex
    /// The events of the log that have ids of the group.
    private let there: [EventID: StoredEvent]
    private let tenant: TenantID
    private let store: StoreID
    private let capabilities: EventStoreCapabilities
    private var head: TenantHead?
    private var events: [StoredEvent] = []
    private var places: [EventID: Int] = [:]
    private var versions: [StreamID: Int64] = [:]

    init(
        _ index: LogIndex,
        there: [EventID: StoredEvent],
        tenant: TenantID,
        store: StoreID,
        capabilities: EventStoreCapabilities
    ) {
        (self.index, self.there, self.tenant, self.store) = (index, there, tenant, store)
        self.capabilities = capabilities
        head = index.head
    }

    /// Decides one append, and takes it in.
    ///
    /// - Parameter time: what is recorded where an event has no time.
    func append(_ parts: [StreamAppend], epoch: Epoch, at time: WallTime) throws(StoreError) -> AppendResult {
        let plan = try AppendPlan.decide(
            parts,
            head: head,
            tenant: tenant,
            epoch: epoch,
            store: store,
            now: time,
            capabilities: capabilities,
            version: { versions[$0] ?? index.version(of: $0) },
            existing: { id in places[id].map { events[$0] } ?? there[id] }
        )
        switch plan {
        case .alreadyThere(let raised, let result):
            head = raised
            return result
        case .append(let new, let raised, let result):
            head = raised
            for event in new {
                places[event.id] = events.count
                versions[event.stream] = event.version
                events.append(event)
            }
            return result
        }
    }

    /// What has to happen before the answers count.
    var change: TenantLog.Change<Void> {
        guard let head, head != index.head else { return .nothing(()) }
        return events.isEmpty ? .raise(head.fence, ()) : .append(.events(events, head), ())
    }
}
