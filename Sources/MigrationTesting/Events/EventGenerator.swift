internal import MigrationCore

/// Draws sequences of calls that reach the interesting corners: repeated and conflicting ids, stale versions, fences that
/// rise and conflict, offers that overlap, lag and differ.
struct EventGenerator {
    private var random: SeededRandom
    private var log = ModelEventLog()
    private var known: [(StreamID, NewEvent)] = []
    private let streams: [StreamID] = ["a", "b"]

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// A sequence that begins with a prepared tenant. The log is tracked, so that most calls mean something.
    mutating func sequence(upTo maximum: Int) -> [EventOperation] {
        let role: Fence.Role = random.chance(70) ? .open : .follower
        var operations = [EventOperation.prepare(Fence(epoch: epoch(5), role: role))]
        if random.chance(5) { operations = [] }
        for operation in operations { _ = operation.answer(of: &log) }
        for _ in 0..<(1 + random.below(max(1, maximum))) {
            let operation = next()
            _ = operation.answer(of: &log)
            operations.append(operation)
        }
        return operations
    }

    private mutating func next() -> EventOperation {
        switch random.below(100) {
        case 0..<3: .prepare(fence())
        case 3..<10: .raise(fence())
        case 10..<50: append()
        case 50..<70: offer()
        case 70..<80:
            .readStream(random.pick(streams), position(), limit: 1 + random.below(4), readEpoch())
        case 80..<90: .readLog(after: Int64(random.below(12)), limit: 1 + random.below(5), readEpoch())
        case 90..<95: .checkpoint(Int64(random.below(12)), readEpoch())
        default: .contains(known.isEmpty || random.chance(20) ? eventID() : random.pick(known).1.id, readEpoch())
        }
    }

    private var current: Int64 { log.fence?.epoch.number ?? 5 }

    private func epoch(_ number: Int64, _ route: RouteID = EventBed.route) -> Epoch {
        Epoch(number: number, route: route)
    }

    /// Mostly the fence's own, now and then a neighbour, another route or the maintenance epoch.
    private mutating func writeEpoch() -> Epoch {
        switch random.below(20) {
        case 0: epoch(current - 1)
        case 1: epoch(current + 1)
        case 2: epoch(current, EventBed.otherRoute)
        case 3: random.chance(20) ? .maintenance : epoch(current)
        default: log.fence?.epoch ?? epoch(current)
        }
    }

    private mutating func readEpoch() -> Epoch { random.chance(50) ? .maintenance : writeEpoch() }

    private mutating func fence() -> Fence {
        let role = random.pick([Fence.Role.open, .open, .follower, .follower, .closed])
        let number = current + Int64(random.below(3)) - (random.chance(20) ? 1 : 0)
        let route = random.chance(10) ? EventBed.otherRoute : EventBed.route
        return Fence(epoch: epoch(number, route), role: role, successor: random.chance(20) ? "next" : nil)
    }

    private mutating func position() -> StreamPosition {
        let version = Int64(random.below(8))
        return random.chance(50) ? .forward(from: version) : .backward(from: random.chance(20) ? .max : version)
    }

    private mutating func eventID() -> EventID { EventID(high: random.next(), low: random.next()) }

    private mutating func event() -> NewEvent {
        NewEvent(
            id: eventID(),
            type: random.pick(["Opened", "Changed"]),
            occurredAt: WallTime(millisecondsSinceEpoch: Int64(random.below(1_000))),
            recordedAt: WallTime(millisecondsSinceEpoch: Int64(random.below(1_000))),
            actor: random.chance(30) ? "ada" : nil,
            payload: ["n": .int32(Int32(random.below(100)))]
        )
    }

    private mutating func append() -> EventOperation {
        var parts: [StreamAppend] = []
        for _ in 0..<(random.chance(80) ? 1 : 2) {
            let stream = random.pick(streams)
            let version = log.version(of: stream)
            let expected: ExpectedVersion =
                switch random.below(10) {
                case 0: .noStream
                case 1: .exists
                case 2: .exact(max(0, version - 1))
                case 3, 4: .exact(version)
                default: .any
                }
            var events: [NewEvent] = []
            for _ in 0..<(1 + random.below(3)) { events.append(event()) }
            parts.append(StreamAppend(stream, expected: expected, events: events))
        }
        if !known.isEmpty, random.chance(25) { parts = [repeated()] }
        for part in parts { known += part.events.map { (part.stream, $0) } }
        return .append(parts, writeEpoch())
    }

    /// An append with an id that was used before: as it was, with other content, elsewhere, or beside a new event.
    private mutating func repeated() -> StreamAppend {
        var (stream, event) = random.pick(known)
        switch random.below(4) {
        case 0: event.payload = ["other": true]
        case 1: stream = random.pick(streams)
        case 2: return StreamAppend(stream, events: [event, self.event()])
        default: break
        }
        return StreamAppend(stream, events: [event])
    }

    /// Events right behind some place of the log, or in part there, lagging, or of another history.
    private mutating func offer() -> EventOperation {
        let events = log.events
        let start = random.below(events.count + 1)
        let place = start == 0 ? LogCheckpoint.beginning : events[start - 1].checkpoint
        var offered = Array(events[start...].prefix(random.below(4)))
        var digest = offered.last?.digest ?? place.digest
        var position = offered.last?.position ?? place.position
        var versions: [StreamID: Int64] = [:]
        for _ in 0..<(offered.isEmpty ? 1 + random.below(3) : random.below(3)) {
            let stream = random.pick(streams)
            let before = Int64(events.prefix(Int(position)).count { $0.stream == stream })
            let version = max(versions[stream] ?? 0, before) + 1
            versions[stream] = version
            position += 1
            let new = event()
            let stored = StoredEvent(
                position: position,
                stream: stream,
                version: version,
                id: new.id,
                type: new.type,
                schemaVersion: new.schemaVersion,
                occurredAt: new.occurredAt,
                recordedAt: new.recordedAt ?? new.occurredAt,
                correlationID: nil,
                causationID: nil,
                actor: new.actor,
                metadata: new.metadata,
                payload: new.payload,
                digest: .empty
            )
            digest = stored.chainedDigest(after: digest)
            offered.append(stored.with(digest: digest))
        }
        if random.chance(10), let last = offered.indices.last {
            offered[last] = offered[last].with(digest: place.digest)
        }
        return .offer(offered, place, writeEpoch())
    }
}
