internal import MigrationCore

/// One tenant's log with its indexes. The event at position n is `events[n - 1]`.
struct TenantLog {
    private(set) var head: TenantHead
    private(set) var events: [StoredEvent] = []
    private var streams: [StreamID: [Int64]] = [:]
    private var positions: [EventID: Int64] = [:]

    init(fence: Fence) { head = TenantHead(fence: fence) }

    /// Puts events at the end, or none, and takes over the head that belongs to them.
    mutating func append(_ new: [StoredEvent], head: TenantHead) {
        events.append(contentsOf: new)
        for event in new {
            streams[event.stream, default: []].append(event.position)
            positions[event.id] = event.position
        }
        self.head = head
    }

    /// Removes the events after a position.
    mutating func truncate(after position: Int64) {
        for event in events[Int(position)...].reversed() {
            streams[event.stream]?.removeLast()
            if streams[event.stream]?.isEmpty == true { streams[event.stream] = nil }
            positions[event.id] = nil
        }
        events.removeSubrange(Int(position)...)
    }

    /// Removes all events and keeps the head with its fence.
    mutating func purge(fence: Fence) {
        self = TenantLog(fence: fence)
    }

    /// The place at a position; `nil` when the log is shorter.
    func checkpoint(at position: Int64) -> LogCheckpoint? {
        guard position > 0 else { return .beginning }
        guard position <= head.position else { return nil }
        return events[Int(position) - 1].checkpoint
    }

    /// Throws `logDiverged` unless events that come from elsewhere continue their streams and are new to the log.
    func checkPlaces(of new: [StoredEvent], tenant: TenantID, store: StoreID) throws(StoreError) {
        var versions: [StreamID: Int64] = [:]
        var ids: Set<EventID> = []
        for event in new {
            let version = versions[event.stream] ?? self.version(of: event.stream)
            let isNew = ids.insert(event.id).inserted && positions[event.id] == nil
            guard isNew, event.version == version + 1 else {
                throw StoreError(
                    .logDiverged,
                    "The event for position \(event.position) is in the log already, or skips a version of its stream; verify the log that it comes from.",
                    context: .init(store: store, tenant: tenant, position: event.position)
                )
            }
            versions[event.stream] = event.version
        }
    }

    /// The version of a stream's last event; 0 when it has none.
    func version(of stream: StreamID) -> Int64 { Int64(streams[stream]?.count ?? 0) }

    func event(withID id: EventID) -> StoredEvent? {
        positions[id].map { events[Int($0) - 1] }
    }

    /// At most `limit` events after a position.
    func page(after position: Int64, limit: Int) -> [StoredEvent] {
        guard position < head.position else { return [] }
        return Array(events[Int(position)...].prefix(limit))
    }

    /// At most `limit` events of a stream, in the direction of the read.
    func page(of stream: StreamID, from start: StreamPosition, limit: Int) -> [StoredEvent] {
        guard let places = streams[stream] else { return [] }
        switch start {
        case .forward(let version):
            guard version <= places.count else { return [] }
            return places[(max(Int(version), 1) - 1)...].prefix(limit).map { events[Int($0) - 1] }
        case .backward(let version):
            let end = Int(min(version, Int64(places.count)))
            return places[..<end].suffix(limit).reversed().map { events[Int($0) - 1] }
        }
    }
}
