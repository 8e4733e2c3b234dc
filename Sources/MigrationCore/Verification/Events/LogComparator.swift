/// Compares two logs position by position: decides what is wrong where, without reading.
struct LogComparator {
    /// What the comparison needs to know about a log before it begins.
    struct Log: Hashable {
        /// Where the log ends, as its head says.
        let head: LogCheckpoint
        /// The chain up to the last position that was compared.
        var chain: ChainCheck
        /// How many events were found.
        var count: Int64 = 0
    }

    let level: ConsistencyVerifier.Level
    let sample: VerificationSample
    private(set) var source: Log
    private(set) var target: Log
    private(set) var streams: StreamTable
    private(set) var violations: ViolationLog
    /// How many events were compared in content.
    private(set) var compared: Int64 = 0
    /// How long the target was given to catch up before the comparison began.
    let settled: Duration
    /// Events of the target whose id is another than the source's at the position: moved, or other events altogether.
    private(set) var displaced: [(position: Int64, target: StoredEvent)] = []

    init(
        level: ConsistencyVerifier.Level,
        sample: VerificationSample,
        source: Log,
        target: Log,
        streams: StreamTable,
        violations: ViolationLog,
        compared: Int64 = 0,
        settled: Duration
    ) {
        self.level = level
        self.sample = sample
        self.source = source
        self.target = target
        self.streams = streams
        self.violations = violations
        self.compared = compared
        self.settled = settled
    }

    /// Forgets the streams once they have been counted: a further pass brings a table of its own.
    mutating func releaseStreams() { streams = StreamTable(streams.hashClass, maximumStreams: 1) }

    mutating func compare(_ window: LogWindow) {
        var ours = window.source
        var theirs = window.target
        var position = window.positions.lowerBound
        while position <= window.positions.upperBound {
            let nextSource = ours.first?.position ?? .max
            let nextTarget = theirs.first?.position ?? .max
            let next = min(nextSource, nextTarget, window.positions.upperBound + 1)
            if next > position { missInBoth(position...(next - 1)) }
            guard next <= window.positions.upperBound else { break }
            let source = nextSource == next ? ours.popFirst() : nil
            let target = nextTarget == next ? theirs.popFirst() : nil
            compare(source, target, at: next)
            position = next + 1
        }
    }

    /// Takes an event behind the end of a log: a row that belongs to nothing.
    mutating func foundBeyondEnd(_ event: StoredEvent, on side: Violation.Side) {
        if Mutant.extrasAreIgnored.isOn { return }
        count(event, on: side)
        add(Violation(.extra, on: side, position: event.position, stream: event.stream, detail: "behind the head"))
    }

    /// Takes what a look-up said about the displaced events, and reports them.
    mutating func resolveDisplaced(isInSource: (EventID) -> Bool) {
        for (position, event) in displaced {
            let kind: Violation.Kind = isInSource(event.id) ? .order : .content
            add(Violation(kind, on: .target, position: position, stream: event.stream, detail: "another event"))
        }
        displaced = []
    }

    private mutating func compare(_ ours: StoredEvent?, _ theirs: StoredEvent?, at position: Int64) {
        if let ours { count(ours, on: .source) }
        if let theirs { count(theirs, on: .target) }
        switch (ours, theirs) {
        case (let ours?, let theirs?): compareBoth(ours, theirs)
        case (let ours?, nil):
            check(ours, on: .source)
            target.chain.skip(standIn: ours.digest)
            let age = position > target.head.position && settled > .zero ? settled : nil
            add(Violation(.missing, on: .target, position: position, stream: ours.stream, age: age))
        case (nil, _?) where Mutant.extrasAreIgnored.isOn: break
        case (nil, let theirs?):
            check(theirs, on: .target)
            source.chain.skip(standIn: theirs.digest)
            add(Violation(.missing, on: .source, position: position, stream: theirs.stream))
        case (nil, nil): break
        }
    }

    private mutating func compareBoth(_ ours: StoredEvent, _ theirs: StoredEvent) {
        if Mutant.onlyHeadsAreVerified.isOn { return }
        guard level != .count, sample.contains(ours.stream) || sample.contains(theirs.stream) else {
            source.chain.follow(ours)
            target.chain.follow(theirs)
            return
        }
        compared += 1
        let ourBytes = ours.canonicalBSON
        let theirBytes = theirs.canonicalBSON
        let areEqual = ourBytes == theirBytes
        let chainsAreEqual = source.chain == target.chain && ours.digest == theirs.digest
        let sourceIsRight = source.chain.step(to: ours, canonical: ourBytes)
        let targetIsRight: Bool?
        if areEqual, chainsAreEqual {
            target.chain = source.chain
            targetIsRight = sourceIsRight
        } else {
            targetIsRight = target.chain.step(to: theirs, canonical: theirBytes)
        }
        if !areEqual {
            if sourceIsRight == false { addDigest(ours, on: .source) }
            if sourceIsRight != false || targetIsRight == false { addDifference(ours, theirs) }
            return
        }
        // A step may look broken because the digest before it is damaged; the other log's step to the same digest clears it.
        let isCleared = ours.digest == theirs.digest && (sourceIsRight == true || targetIsRight == true)
        if !isRight(isCleared ? true : sourceIsRight, ours, head: source.head) { addDigest(ours, on: .source) }
        if !isRight(isCleared ? true : targetIsRight, theirs, head: target.head) { addDigest(theirs, on: .target) }
    }

    /// Checks an event that only one log has.
    private mutating func check(_ event: StoredEvent, on side: Violation.Side) {
        guard level != .count, sample.contains(event.stream) else {
            if side == .source { source.chain.follow(event) } else { target.chain.follow(event) }
            return
        }
        compared += 1
        let bytes = event.canonicalBSON
        let step =
            side == .source
            ? source.chain.step(to: event, canonical: bytes) : target.chain.step(to: event, canonical: bytes)
        if !isRight(step, event, head: side == .source ? source.head : target.head) { addDigest(event, on: side) }
    }

    /// Whether an event's own step is right, and the head agrees with it if it is the last one.
    private func isRight(_ step: Bool?, _ event: StoredEvent, head: LogCheckpoint) -> Bool {
        step != false && (event.position != head.position || event.digest == head.digest)
    }

    private mutating func missInBoth(_ positions: ClosedRange<Int64>) {
        violations.add(positions) { Violation(.missing, on: .source, position: $0, detail: "in both logs") }
        violations.add(positions) { Violation(.missing, on: .target, position: $0, detail: "in both logs") }
        source.chain.skip(standIn: nil)
        target.chain.skip(standIn: nil)
    }

    private mutating func addDifference(_ ours: StoredEvent, _ theirs: StoredEvent) {
        if level == .digest {
            addDigest(theirs, on: .target)
        } else if ours.id != theirs.id {
            if violations.isFull {
                add(Violation(.content, on: .target, position: theirs.position, stream: theirs.stream))
            } else {
                displaced.append((theirs.position, theirs))
            }
        } else {
            let fields = EventDifference.fields(ours, theirs)
            let kind: Violation.Kind = fields == ["version"] ? .version : .content
            let detail = fields.joined(separator: ", ")
            add(Violation(kind, on: .target, position: theirs.position, stream: ours.stream, detail: detail))
        }
    }

    private mutating func addDigest(_ event: StoredEvent, on side: Violation.Side) {
        add(Violation(.digest, on: side, position: event.position, stream: event.stream))
    }

    private mutating func add(_ violation: Violation) {
        violations.add(violation)
        if let stream = violation.stream { streams.countViolation(of: stream) }
    }

    private mutating func count(_ event: StoredEvent, on side: Violation.Side) {
        if side == .source { source.count += 1 } else { target.count += 1 }
        streams.count(event, on: side)
    }
}

/// Which fields of two events differ.
enum EventDifference {
    static func fields(_ a: StoredEvent, _ b: StoredEvent) -> [String] {
        var names: [String] = []
        if a.id != b.id { names.append("id") }
        if a.stream != b.stream { names.append("stream") }
        if a.version != b.version { names.append("version") }
        if a.type != b.type { names.append("type") }
        if a.schemaVersion != b.schemaVersion { names.append("schemaVersion") }
        if a.occurredAt != b.occurredAt { names.append("occurredAt") }
        if a.recordedAt != b.recordedAt { names.append("recordedAt") }
        if a.correlationID != b.correlationID { names.append("correlationId") }
        if a.causationID != b.causationID { names.append("causationId") }
        if a.actor != b.actor { names.append("actor") }
        if a.metadata != b.metadata { names.append("metadata") }
        if a.payload != b.payload { names.append("payload") }
        return names
    }
}
