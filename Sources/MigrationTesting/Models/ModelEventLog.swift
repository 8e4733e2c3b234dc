public import MigrationCore

/// One tenant's log as plainly as it can be said: an array, a fence, and the rules of appends and offers in order.
///
/// It is written from the protocol's documentation and shares no code with the adapters, which use `AppendPlan` and
/// `OfferPlan`; conformance suites compare stores with it, operation by operation.
public struct ModelEventLog: Sendable {
    /// The events, in order.
    public private(set) var events: [StoredEvent] = []
    /// The fence; `nil` before `prepare`.
    public private(set) var fence: Fence?

    /// Makes a log without a head.
    public init() {}

    /// The end of the log; `nil` before `prepare`.
    public var head: TenantHead? {
        guard let fence else { return nil }
        return TenantHead(position: place.position, digest: place.digest, fence: fence)
    }

    /// The place right after the last event.
    public var place: LogCheckpoint { events.last?.checkpoint ?? .beginning }

    /// The version of a stream.
    public func version(of stream: StreamID) -> Int64 { Int64(events.count { $0.stream == stream }) }

    /// Creates the head or raises its fence. Throws the code that a store must answer.
    public mutating func prepare(_ new: Fence) throws(ModelRefusal) {
        guard fence == nil else { return try raise(new) }
        guard new.epoch != .maintenance else { throw ModelRefusal(.invalidArgument) }
        fence = new
    }

    /// Raises the fence. Throws the code that a store must answer.
    public mutating func raise(_ new: Fence) throws(ModelRefusal) {
        guard let old = fence else { throw ModelRefusal(.tenantNotPrepared) }
        guard new.epoch != .maintenance else { throw ModelRefusal(.invalidArgument) }
        guard new != old else { return }
        if new.epoch.number < old.epoch.number { throw ModelRefusal(.fenced) }
        if new.epoch.number == old.epoch.number { throw ModelRefusal(.epochConflict) }
        fence = new
    }

    /// Appends events. `recordedAt` is what a store would record where an event has no time of its own.
    public mutating func append(
        _ parts: [StreamAppend],
        epoch: Epoch,
        recordedAt: WallTime
    ) throws(ModelRefusal) -> AppendResult {
        guard let old = fence else { throw ModelRefusal(.tenantNotPrepared) }
        guard epoch != .maintenance else { throw ModelRefusal(.invalidArgument) }
        if epoch.number < old.epoch.number { throw ModelRefusal(.fenced) }
        if epoch.number == old.epoch.number {
            if epoch.route != old.epoch.route { throw ModelRefusal(.epochConflict) }
            if old.role != .open { throw ModelRefusal(.fenced) }
        }
        let raised = epoch.number > old.epoch.number ? Fence(epoch: epoch, role: .open) : old

        if let result = try repeated(parts) {
            fence = raised
            return result
        }
        var log = self
        var versions: [Int64] = []
        for part in parts {
            var version = log.version(of: part.stream)
            let holds =
                switch part.expected {
                case .any: true
                case .noStream: version == 0
                case .exists: version != 0
                case .exact(let number): version == number
                }
            guard holds else { throw ModelRefusal(.versionConflict) }
            for event in part.events {
                version += 1
                log.push(event, to: part.stream, version: version, recordedAt: recordedAt)
            }
            versions.append(version)
        }
        log.fence = raised
        let first = place.position + 1
        self = log
        return AppendResult(
            positions: first...place.position,
            versions: versions,
            digest: place.digest,
            wasAlreadyThere: false
        )
    }

    /// Offers events. Throws the code that a store must answer.
    public mutating func offer(
        _ offered: [StoredEvent],
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) throws(ModelRefusal) -> OfferOutcome {
        guard let old = fence else { throw ModelRefusal(.tenantNotPrepared) }
        guard epoch != .maintenance else { throw ModelRefusal(.invalidArgument) }
        if epoch.number < old.epoch.number { throw ModelRefusal(.fenced) }
        if epoch.number == old.epoch.number && epoch.route != old.epoch.route { throw ModelRefusal(.epochConflict) }
        if old.role == .open { throw ModelRefusal(.storeIsActive) }
        if old.role == .closed { throw ModelRefusal(.fenced) }
        var log = self
        if epoch.number > old.epoch.number { log.fence?.epoch = epoch }

        guard place.position >= checkpoint.position else {
            self = log
            return .behind(TenantHead(position: place.position, digest: place.digest, fence: log.fence ?? old))
        }
        let count = min(Int(place.position - checkpoint.position), offered.count)
        let last = count == 0 ? checkpoint : offered[count - 1].checkpoint
        let there = last.position == 0 ? LogCheckpoint.beginning : events[Int(last.position) - 1].checkpoint
        guard there == last else { throw ModelRefusal(.logDiverged) }
        for event in offered.dropFirst(count) {
            guard event.chainedDigest(after: log.place.digest) == event.digest else {
                throw ModelRefusal(.logDiverged)
            }
            log.events.append(event)
        }
        self = log
        return .applied(
            TenantHead(position: place.position, digest: place.digest, fence: log.fence ?? old),
            appended: offered.count - count
        )
    }

    /// The answer to an append whose events are all there, one behind the other.
    private func repeated(_ parts: [StreamAppend]) throws(ModelRefusal) -> AppendResult? {
        var found: [StoredEvent] = []
        var count = 0
        var versions: [Int64] = []
        for part in parts {
            for event in part.events {
                count += 1
                guard let stored = events.first(where: { $0.id == event.id }) else { continue }
                guard stored.stream == part.stream else { throw ModelRefusal(.duplicateEvent) }
                guard stored.holds(event, in: part.stream) else { throw ModelRefusal(.conflictingEvent) }
                found.append(stored)
            }
            versions.append(found.last?.version ?? 0)
        }
        guard let first = found.first, let last = found.last else { return nil }
        let run = first.position..<(first.position + Int64(found.count))
        guard found.count == count, found.map(\.position) == Array(run) else { throw ModelRefusal(.duplicateEvent) }
        return AppendResult(
            positions: first.position...last.position,
            versions: versions,
            digest: last.digest,
            wasAlreadyThere: true
        )
    }

    private mutating func push(_ event: NewEvent, to stream: StreamID, version: Int64, recordedAt: WallTime) {
        let placed = StoredEvent(
            position: place.position + 1,
            stream: stream,
            version: version,
            id: event.id,
            type: event.type,
            schemaVersion: event.schemaVersion,
            occurredAt: event.occurredAt,
            recordedAt: event.recordedAt ?? recordedAt,
            correlationID: event.correlationID,
            causationID: event.causationID,
            actor: event.actor,
            metadata: event.metadata,
            payload: event.payload,
            digest: .empty
        )
        events.append(placed.with(digest: placed.chainedDigest(after: place.digest)))
    }
}

/// The code with which a model refuses an operation; a store must refuse it with the same.
public struct ModelRefusal: Error, Sendable, Hashable {
    /// The code.
    public let code: StoreError.Code

    /// Makes a refusal.
    public init(_ code: StoreError.Code) { self.code = code }
}

extension ModelEventLog {
    /// A chained log of events in three streams, such as an active store would hand to a copier.
    static func sample(count: Int, from bed: EventBed, after log: ModelEventLog = ModelEventLog()) -> [StoredEvent] {
        var log = log
        for index in 0..<count {
            let stream: StreamID = ["a", "b", "c"][index % 3]
            let version = log.version(of: stream) + 1
            let time = WallTime(millisecondsSinceEpoch: Int64(1_000 + index))
            log.push(bed.event(index), to: stream, version: version, recordedAt: time)
        }
        return Array(log.events.suffix(count))
    }
}
