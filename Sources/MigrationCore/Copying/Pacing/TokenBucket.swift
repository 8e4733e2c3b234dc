/// A rate with a burst: tokens come at a steady pace, and whoever takes more than there are waits for the rest.
///
/// A taker is never refused; it takes its tokens at once and is told how long to wait until they have come. So takers are
/// served in order, one of any size passes, and time that was waited is never counted twice.
package struct TokenBucket: Sendable {
    /// Tokens per second.
    package let rate: Double
    /// The most tokens that gather while nobody takes any.
    package let burst: Double
    /// What is there; negative while takers wait.
    private var tokens: Double
    private var last: Duration

    package init(rate: Double, burst: Double, at now: Duration) {
        self.rate = rate
        self.burst = burst
        tokens = burst
        last = now
    }

    /// Takes tokens and returns how long to wait before using them.
    package mutating func take(_ amount: Double, at now: Duration) -> Duration {
        if now > last {
            // What came back above the burst was taken and not used: it stays, and nothing gathers on top of it.
            tokens = max(tokens, min(burst, tokens + (now - last).inSeconds * rate))
            last = now
        }
        tokens -= amount
        return tokens < 0 ? .seconds(-tokens / rate) : .zero
    }

    /// Corrects what was taken by an estimate once the true amount is known; what was not used comes back.
    package mutating func settle(taken estimate: Double, used amount: Double) {
        tokens += estimate - amount
    }
}
