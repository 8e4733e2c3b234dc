/// Follows the chain of one log and checks each step on its own: `stored(p) = H(stored(p-1) || canonical(p))`.
///
/// Because each step starts from what is stored, one damaged event is one broken step. A damaged digest breaks two, its own
/// and the next; the second is recognised by starting from the digest that should have been there.
struct ChainCheck: Hashable {
    /// The digest that is stored at the position before; `nil` when it is not known.
    private(set) var stored: LogDigest?
    /// The digest that should be stored there, when another one is.
    private(set) var computed: LogDigest?

    /// Begins after a position with this digest.
    init(after stored: LogDigest?, computed: LogDigest? = nil) {
        self.stored = stored
        self.computed = computed
    }

    /// Checks the step to an event.
    ///
    /// - Returns: whether the stored digest is right; `nil` when the digest before is not known.
    mutating func step(to event: StoredEvent, canonical: [UInt8]) -> Bool? {
        guard let stored else {
            follow(event)
            return nil
        }
        let fromStored = canonical.withUnsafeBytes { stored.chained(with: $0) }
        var isRight = fromStored == event.digest
        if !isRight, let computed {
            isRight = canonical.withUnsafeBytes { computed.chained(with: $0) } == event.digest
        }
        self.stored = event.digest
        computed = isRight ? nil : fromStored
        return isRight
    }

    /// Passes an event without checking it.
    mutating func follow(_ event: StoredEvent) {
        stored = event.digest
        computed = nil
    }

    /// Passes a position where this log has no event; what the other log has there stands in for the next step.
    mutating func skip(standIn: LogDigest?) {
        stored = standIn
        computed = nil
    }
}
