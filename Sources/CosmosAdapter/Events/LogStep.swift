internal import MigrationCore

/// One atomic step on one tenant's log: what its works see, and what they change together.
///
/// Works decide on what they see here, in order; events and head are written once at the end. What they look up was read
/// before, under the head's version.
///
/// Safety: made and used by one task, by one work after the other.
final class LogStep {
    /// What a work looks up.
    struct Needs: Sendable {
        var ids: [EventID] = []
        var streams: [StreamID] = []
        var positions: [Int64] = []
    }

    private(set) var head: TenantHead?
    private(set) var added: [StoredEvent] = []
    /// Behind this position the log begins another life.
    private(set) var cut: Int64?
    private let found: LogHead?
    private var versions: [StreamID: Int64]
    private var known: [EventID: StoredEvent]
    private let digests: [Int64: LogDigest]

    init(
        _ found: LogHead?,
        versions: [StreamID: Int64],
        known: [EventID: StoredEvent],
        digests: [Int64: LogDigest]
    ) {
        self.found = found
        head = found?.head
        self.versions = versions
        self.known = known
        self.digests = digests
    }

    func version(of stream: StreamID) -> Int64 { versions[stream] ?? 0 }

    func event(_ id: EventID) -> StoredEvent? { known[id] }

    /// The digest at a position; nil when the log is shorter.
    func digest(at position: Int64) -> LogDigest? {
        if position == 0 { return .empty }
        if let first = added.first, position >= first.position {
            let index = Int(position - first.position)
            return index < added.count ? added[index].digest : nil
        }
        if position == found?.head.position { return found?.head.digest }
        return digests[position]
    }

    func replaceHead(_ head: TenantHead) { self.head = head }

    func add(_ events: [StoredEvent]) {
        added += events
        for event in events {
            versions[event.stream] = event.version
            known[event.id] = event
        }
    }

    /// Removes the events behind a position. Such a work runs alone.
    func removeEvents(after position: Int64) {
        cut = position
        added = []
    }

    /// What the step stores as the head; nil when nothing has changed.
    var newHead: LogHead? {
        guard let head, head != found?.head || cut != nil else { return nil }
        var new = found ?? LogHead(head)
        new.head = head
        if let cut { new.cut(after: cut) }
        return new
    }
}
