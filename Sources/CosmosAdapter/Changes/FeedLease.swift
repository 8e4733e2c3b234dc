internal import MigrationCore

/// The part of a change feed that one process works on, as the others see it.
struct FeedLease: Sendable {
    /// Its number in the plan.
    let number: Int
    /// Who holds it; nil when it was given back.
    var owner: String?
    /// How far it has come.
    var place: Continuation
    /// The version of its document; nil before it is stored.
    var etag: ETag?

    init(number: Int, owner: String?, place: Continuation) {
        (self.number, self.owner, self.place) = (number, owner, place)
    }

    /// Reads a document; nil for one that is no lease.
    init?(_ stored: StoredDocument, number: Int) {
        guard stored.document["v"] == .int32(1), case .string(let place)? = stored.document["place"] else { return nil }
        self.init(number: number, owner: nil, place: Continuation(text: place))
        if case .string(let owner)? = stored.document["owner"] { self.owner = owner }
        etag = stored.etag
    }

    var document: Document {
        var document: Document = ["v": 1, "place": .string(place.text)]
        if let owner { document.append("owner", .string(owner)) }
        return document
    }
}

/// What a process sees of the leases of a group, and what it does about it.
///
/// No clock has to be right: a lease is over when its document has not changed for its duration, on the clock of whoever looks.
struct LeaseWatch: Sendable {
    private let owner: String
    private let duration: Duration
    private var seen: [Int: (etag: ETag?, since: Duration)] = [:]
    private var lastRequest: ETag?
    /// Those who have asked for a share, and when that was seen.
    private var newcomers: [String: Duration] = [:]

    init(owner: String, duration: Duration) {
        (self.owner, self.duration) = (owner, duration)
    }

    /// Notes who has asked for a share.
    mutating func note(_ request: FeedRequest?, now: Duration) {
        newcomers = newcomers.filter { now - $0.value < duration }
        guard let request, request.etag != lastRequest else { return }
        lastRequest = request.etag
        if request.owner != owner { newcomers[request.owner] = now }
    }

    /// What to do about the leases, as they are now.
    struct Decision: Sendable {
        /// These are free, and part of this process's share.
        var taken: [FeedLease]
        /// So many are given back, because others have come.
        var surplus: Int
        /// Whether others hold what is this process's share.
        var lacks: Bool
    }

    /// Decides about the leases.
    ///
    /// - Parameters:
    ///   - leases: all leases of the group.
    ///   - held: those that this process works on.
    ///   - now: the time on a clock that never goes back.
    mutating func decide(_ leases: [FeedLease], held: Set<Int>, now: Duration) -> Decision {
        var free: [FeedLease] = []
        var owners = Set(newcomers.keys).union([owner])
        for lease in leases where !held.contains(lease.number) {
            if seen[lease.number]?.etag != lease.etag { seen[lease.number] = (lease.etag, now) }
            let isOver = now - (seen[lease.number]?.since ?? now) >= duration
            if let other = lease.owner, other != owner, !isOver { owners.insert(other) } else { free.append(lease) }
        }
        // The larger share is everybody's: what does not divide evenly stays where it is.
        let share = (leases.count + owners.count - 1) / owners.count
        let taken = Array(free.prefix(max(0, share - held.count)))
        let least = leases.count / owners.count
        return Decision(
            taken: taken,
            surplus: max(0, held.count - share),
            lacks: held.count + taken.count < least
        )
    }
}

/// A process that asks the others for a share.
struct FeedRequest: Sendable {
    let owner: String
    let etag: ETag
}
