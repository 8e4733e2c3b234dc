package import MigrationCore

/// The back-off that everything which talks to one account shares: when the account asks one call to wait, all wait.
package final class AccountBackoff: Sendable {
    private let heldUntil = Locked(Duration.zero)
    private let timeline: Timeline

    /// - Parameter timeline: what waits are measured on.
    package init(timeline: Timeline) {
        self.timeline = timeline
    }

    /// Holds everybody back for a while; a later end that was set before stays.
    package func hold(for duration: Duration) {
        let end = timeline.now + duration
        heldUntil.withLock { $0 = max($0, end) }
    }

    /// How long a call has to wait now; zero when it may go on.
    package var wait: Duration {
        let now = timeline.now
        return heldUntil.withLock { max(.zero, $0 - now) }
    }

    /// Waits until nobody is held back any more, unless that takes longer than the call has.
    ///
    /// Those who are let go together start within a tenth of their wait, and not at once.
    ///
    /// - Parameter limit: how long the call can wait at most.
    /// - Returns: false when the account is held back for longer than that; the call gives up without waiting.
    package func pass(within limit: Duration, random: RandomSource) async throws(StoreError) -> Bool {
        let end = timeline.now + limit
        var random = random
        while true {
            let wait = wait
            guard wait > .zero else { return true }
            let spread = wait + wait * Double.random(in: 0..<0.1, using: &random)
            guard timeline.now + spread < end else { return false }
            try await timeline.sleep(for: spread)
        }
    }
}
