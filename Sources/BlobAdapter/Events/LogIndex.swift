internal import MigrationCore

/// What a log says, record by record, and where its events lie. Synchronous: it is told what was read, and reads nothing.
///
/// A log is a row of append blobs, its segments, numbered from 1. A segment begins with an opening; the last record of
/// every segment but the last is a seal. Each record but a fence is one block under the condition of the blob's length, so of two
/// writers that know the same log one succeeds, and the other one reads why: an append, a fence or a seal.
///
/// What a crash can leave, and who resolves it:
/// - *Nothing of an append.* There is nothing to resolve.
/// - *A whole append whose reply was lost.* Its writer finds its bytes where it expected them, or others.
/// - *A seal without a next segment* is ``Situation/missing``: whoever writes next creates the segment.
/// - *A segment without a record* is ``Situation/unopened``: whoever writes next opens it at length 0, which only one can.
/// - *A fence behind a seal* is void: the one who raises it reads on, does not find it, and raises it again.
///
/// No segment is ever deleted, not by a purge either. A writer that stands still between reading a seal and creating the next segment
/// would otherwise create one that was deleted meanwhile, and go on with a log that nobody reads, past a fence that it never saw.
struct LogIndex: Sendable {
    /// Where a record with events lies, and which of them count: a rewind takes the last ones away.
    struct Frame: Sendable, Equatable {
        var segment: Int64
        var offset: Int64
        var bytes: Int
        /// The position of its first event.
        var first: Int64
        var events: Int

        var last: Int64 { first + Int64(events) - 1 }
    }

    enum Situation: Sendable, Equatable {
        /// There is no segment: the tenant was never prepared.
        case none
        /// The segment before is sealed, and this one is not there.
        case missing
        /// The segment has no record yet.
        case unopened
        /// Records go here.
        case open
    }

    /// Why records do not make a log.
    enum Damage: Error, Sendable, Hashable {
        case noRecord, noOpening, gap, otherHead
    }

    var situation = Situation.none
    /// The segment that is read; 0 before there is one.
    private(set) var segment: Int64 = 0
    /// How many bytes of it were read.
    private(set) var offset: Int64 = 0
    /// How many records of it were read; each is one block.
    private(set) var blocks = 0
    private(set) var head: TenantHead?
    private(set) var frames: [Frame] = []
    private var streams: [StreamID: [Int64]] = [:]
    private var positions: [EventID: Int64] = [:]

    /// Goes on in another segment.
    mutating func enter(segment number: Int64, _ situation: Situation) {
        (segment, offset, blocks) = (number, 0, 0)
        self.situation = situation
    }

    /// Takes in a record that lies at ``offset``.
    ///
    /// - Returns: whether the segment goes on after it.
    mutating func fold(_ record: LogRecord, bytes: Int) throws(Damage) -> Bool {
        let place = offset
        switch record.content {
        case .opening(let opened):
            guard blocks == 0 else { throw .otherHead }
            if let head {
                guard opened == head else { throw .otherHead }
            } else {
                guard opened.position == 0 else { throw .otherHead }
                head = opened
            }
            situation = .open
        case .fence(let fence):
            guard let current = head, blocks > 0 else { throw .noOpening }
            if case .admittedRaising(let raised) = current.fence.admitsRaise(to: fence) { head?.fence = raised }
        case .events(let events, let new):
            guard let current = head, blocks > 0 else { throw .noOpening }
            guard events.first?.position == current.position + 1, events.last?.position == new.position else {
                throw .gap
            }
            add(events, place, bytes)
            head = new
        case .rewind(let events, let new):
            guard let current = head, blocks > 0 else { throw .noOpening }
            let kept = new.position - Int64(events.count)
            guard kept >= 0, kept <= current.position else { throw .gap }
            truncate(after: kept)
            add(events, place, bytes)
            head = new
        case .seal(let sealed):
            guard blocks > 0, sealed == head else { throw .otherHead }
            enter(segment: segment + 1, .missing)
            return false
        }
        offset += Int64(bytes)
        blocks += 1
        return true
    }

    private mutating func add(_ events: [StoredEvent], _ place: Int64, _ bytes: Int) {
        guard let first = events.first else { return }
        frames.append(Frame(segment: segment, offset: place, bytes: bytes, first: first.position, events: events.count))
        for event in events {
            streams[event.stream, default: []].append(event.position)
            positions[event.id] = event.position
        }
    }

    private mutating func truncate(after position: Int64) {
        guard let head, position < head.position else { return }
        while let last = frames.last, last.first > position { frames.removeLast() }
        if let last = frames.last, last.last > position {
            frames[frames.count - 1].events = Int(position - last.first + 1)
        }
        guard position > 0 else {
            streams = [:]
            positions = [:]
            return
        }
        for (stream, places) in streams where places.last.map({ $0 > position }) == true {
            let kept = places.prefix { $0 <= position }
            streams[stream] = kept.isEmpty ? nil : Array(kept)
        }
        positions = positions.filter { $0.value <= position }
    }
}

extension LogIndex {
    /// The version of a stream's last event up to a position; 0 when it has none.
    func version(of stream: StreamID, upTo position: Int64 = .max) -> Int64 {
        guard let places = streams[stream] else { return 0 }
        guard let last = places.last, last > position else { return Int64(places.count) }
        return Int64(places.partition { $0 > position })
    }

    /// The position of an event; nil when the log has none with this id.
    func position(of event: EventID) -> Int64? { positions[event] }

    /// The positions of a page of a stream, in the direction of the read.
    func places(of stream: StreamID, from start: StreamPosition, limit: Int) -> [Int64] {
        guard let places = streams[stream] else { return [] }
        switch start {
        case .forward(let version):
            guard version <= places.count else { return [] }
            return Array(places[(max(Int(version), 1) - 1)...].prefix(limit))
        case .backward(let version):
            return places[..<Int(min(version, Int64(places.count)))].suffix(limit).reversed()
        }
    }

    /// The frames that hold positions of a range, in order.
    func frames(_ range: ClosedRange<Int64>) -> ArraySlice<Frame> {
        let start = frames.partition { $0.last >= range.lowerBound }
        let end = frames.partition { $0.first > range.upperBound }
        return start < end ? frames[start..<end] : []
    }

    /// The frame that holds a position.
    func frame(at position: Int64) -> Frame? { frames(position...position).first }

    /// Throws `logDiverged` unless events that come from elsewhere continue their streams up to a position, and are new to
    /// the log up to there.
    func checkPlaces(of new: [StoredEvent], after position: Int64, tenant: TenantID) throws(StoreError) {
        var versions: [StreamID: Int64] = [:]
        var ids: Set<EventID> = []
        for event in new {
            let version = versions[event.stream] ?? self.version(of: event.stream, upTo: position)
            let isNew = ids.insert(event.id).inserted && (positions[event.id] ?? .max) > position
            guard isNew, event.version == version + 1 else {
                throw StoreError(
                    .logDiverged,
                    "The event for position \(event.position) is in the log already, or skips a version of its stream; "
                        + "verify the log that it comes from.",
                    context: .init(tenant: tenant, position: event.position)
                )
            }
            versions[event.stream] = event.version
        }
    }
}

extension Array {
    /// The index of the first element that belongs to the second part; the elements are in order of that.
    fileprivate func partition(_ belongsToSecond: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
