/// The right to work on something, held by one process until it stops renewing it.
///
/// A lease keeps two workers from doing the same work; it protects no data: that is what fences and compare-and-swap do. Its
/// number grows with each new holder. Time is counted by the observer: a lease that has not changed for its duration on the
/// observer's own monotonic clock is free, so no two clocks have to agree.
public struct Lease: Sendable, Hashable {
    /// What it is for.
    public let name: String
    /// Who holds it.
    public let holder: String
    /// Grows by one with each new holder: the fencing number.
    public let number: Int64
    /// Grows with each renewal.
    let beat: Int64
    /// How long it lasts without a renewal.
    public let duration: Duration
    /// Whether its holder gave it back.
    let isReleased: Bool

    static let kind = "lease"

    func document(revision: UInt64) -> Document {
        var document = ControlDocument.make(Lease.kind, revision: revision)
        document["name"] = .string(name)
        document["holder"] = .string(holder)
        document["number"] = .int64(number)
        document["beat"] = .int64(beat)
        document["durationMilliseconds"] = .int64(duration.wholeMilliseconds)
        document["released"] = .bool(isReleased)
        return document
    }

    init(_ document: Document) throws(StoreError) {
        try ControlDocument.check(document, kind: Lease.kind)
        let reader = ControlReader(document: document, kind: Lease.kind)
        name = try reader.text("name")
        holder = try reader.text("holder")
        number = try reader.number("number")
        beat = try reader.number("beat")
        duration = .milliseconds(try reader.number("durationMilliseconds"))
        guard case .bool(let released) = document["released"] else {
            throw ControlDocument.corrupt(Lease.kind, "released")
        }
        isReleased = released
    }

    init(name: String, holder: String, number: Int64, beat: Int64, duration: Duration, isReleased: Bool = false) {
        self.name = name
        self.holder = holder
        self.number = number
        self.beat = beat
        self.duration = duration
        self.isReleased = isReleased
    }
}

/// What one process knows of leases: which it holds, and since when it has seen the others unchanged.
final class LeaseKeeper: Sendable {
    private struct Sighting {
        var number: Int64
        var beat: Int64
        var since: Duration
    }

    private let control: ControlStore
    private let holder: String
    private let duration: Duration
    private let timeline: Timeline
    private let sightings = Locked<[String: Sighting]>([:])

    /// Makes a keeper.
    ///
    /// - Parameters:
    ///   - control: where leases are.
    ///   - holder: the name of this process, unique among all that take part.
    ///   - duration: how long a lease lasts without a renewal.
    ///   - timeline: what this process counts on.
    init(_ control: ControlStore, holder: String, duration: Duration, timeline: Timeline) {
        self.control = control
        self.holder = holder
        self.duration = duration
        self.timeline = timeline
    }

    /// Takes a lease that is free, or renews one that this process holds.
    ///
    /// - Returns: the lease; `nil` while another process holds it.
    func acquire(_ name: String) async throws(StoreError) -> Lease? {
        let key = control.key(.leases, name)
        guard let stored = try await control.documents.read(key) else {
            let lease = Lease(name: name, holder: holder, number: 1, beat: 1, duration: duration)
            return try await control.compareAndSwap(key, expecting: nil) { lease.document(revision: $0) } == nil
                ? nil : lease
        }
        let current = try Lease(stored.document)
        let isOwn = current.holder == holder && !current.isReleased
        guard isOwn || current.isReleased || hasExpired(current) else { return nil }
        let lease = Lease(
            name: name,
            holder: holder,
            number: isOwn || Mutant.leaseKeepsItsNumber.isOn ? current.number : current.number + 1,
            beat: current.beat + 1,
            duration: duration
        )
        let tag = try await control.compareAndSwap(key, expecting: stored.etag) { lease.document(revision: $0) }
        return tag == nil ? nil : lease
    }

    /// Gives a lease back, so that another process need not wait for it to run out.
    func release(_ name: String) async throws(StoreError) {
        let key = control.key(.leases, name)
        guard let stored = try await control.documents.read(key) else { return }
        let current = try Lease(stored.document)
        guard current.holder == holder, !current.isReleased else { return }
        let released = Lease(
            name: name,
            holder: holder,
            number: current.number,
            beat: current.beat + 1,
            duration: duration,
            isReleased: true
        )
        _ = try await control.compareAndSwap(key, expecting: stored.etag) { released.document(revision: $0) }
    }

    private func hasExpired(_ lease: Lease) -> Bool {
        let now = timeline.now
        return sightings.withLock { sightings in
            guard let seen = sightings[lease.name], seen.number == lease.number, seen.beat == lease.beat else {
                sightings[lease.name] = Sighting(number: lease.number, beat: lease.beat, since: now)
                return false
            }
            return now - seen.since >= lease.duration
        }
    }
}
