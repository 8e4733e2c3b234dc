package import MigrationCore

/// Holds the requests of an account to a budget of request units, or of requests, per second.
///
/// What a request costs is known only from its answer. So each takes an estimate before it starts, learned from earlier requests
/// of its kind, and the difference is settled when the answer is there: what was too much comes back, what was too little is
/// waited for by the next. Requests are let through one by one, in order; a new kind of request begins with a large estimate, so
/// that many of them do not start before the first has told what they cost.
package final class ChargePacer: Sendable {
    /// A request that was let through; it is settled exactly once.
    package struct Reservation: Sendable {
        let kind: String
        let operations: Double
        let estimate: Double
    }

    private struct State {
        var bucket: TokenBucket
        /// What an operation of each kind costs on average.
        var averages: [String: Double] = [:]
        var used = 0.0
    }

    private let state: Locked<State>
    private let turns = Turnstile()
    private let timeline: Timeline
    /// The budget per second.
    package let unitsPerSecond: Double

    /// - Parameters:
    ///   - unitsPerSecond: the budget; positive.
    ///   - timeline: what seconds are measured on.
    package init(unitsPerSecond: Double, timeline: Timeline) {
        precondition(
            unitsPerSecond > 0,
            "A budget of request units is positive; pause the work instead of limiting it to nothing."
        )
        self.unitsPerSecond = unitsPerSecond
        self.timeline = timeline
        // Forty milliseconds of idleness can be made up for: less than the one twentieth by which a second may be exceeded.
        let bucket = TokenBucket(rate: unitsPerSecond, burst: unitsPerSecond / 25, at: timeline.now)
        state = Locked(State(bucket: bucket))
    }

    /// What all settled requests cost together.
    package var used: Double { state.withLock { $0.used } }

    /// Waits until a request may start.
    ///
    /// - Parameters:
    ///   - kind: what it is, from a closed set; requests of a kind cost about the same.
    ///   - expected: what the caller thinks that it costs, while nothing was learned.
    ///   - operations: how many operations it holds; requests of a kind cost about the same for each of them.
    ///   - limit: how long it can wait at most.
    /// - Returns: nil when its turn did not come in that time.
    /// - Throws: `cancelled`; then nothing was taken.
    package func reserve(
        _ kind: String,
        expected: Double? = nil,
        operations: Int = 1,
        within limit: Duration
    ) async throws(StoreError) -> Reservation? {
        let end = timeline.now + limit
        return try await turns.inTurn { () async throws(StoreError) -> Reservation? in
            let now = self.timeline.now
            let wait = self.state.withLock { $0.bucket.take(0, at: now) }
            guard now + wait < end else { return nil }
            try await self.timeline.sleep(for: wait)
            let start = self.timeline.now
            return self.state.withLock { state in
                // A tenth of a second's budget at most, or one expensive request would keep all others waiting for nothing.
                let unknown = min(expected ?? self.unitsPerSecond / 20, self.unitsPerSecond / 10)
                let operations = Double(max(1, operations))
                let estimate = state.averages[kind].map { $0 * operations } ?? unknown
                _ = state.bucket.take(estimate, at: start)
                return Reservation(kind: kind, operations: operations, estimate: estimate)
            }
        }
    }

    /// Tells what a request cost; nil when no answer told it, and the estimate stands.
    package func settle(_ reservation: Reservation, charge: Double?) {
        state.withLock { state in
            let charge = charge ?? reservation.estimate
            state.used += charge
            state.bucket.settle(taken: reservation.estimate, used: charge)
            let (average, each) = (state.averages[reservation.kind], charge / reservation.operations)
            // Rises at once and falls slowly: too low an estimate exceeds the budget, too high a one only waits.
            state.averages[reservation.kind] = average.map { each > $0 ? each : $0 * 0.9 + each * 0.1 } ?? each
        }
    }
}
