/// How often and how long a copier tries a call again that failed for a passing reason.
///
/// Attempts and deadline belong to one call: the next call starts with a full allowance. What a store asks for with
/// ``StoreError/Context/retryAfter`` is obeyed, also when it is longer than ``maximumBackoff``.
public struct RetryPolicy: Sendable, Hashable {
    /// The most attempts of one call, the first one included; at least 1.
    public var maximumAttempts: Int
    /// The wait before the second attempt; each further wait is twice as long. A random part of up to one half is taken off.
    public var initialBackoff: Duration
    /// The longest wait that the doubling reaches.
    public var maximumBackoff: Duration
    /// The most time for one call with all its attempts and waits.
    public var deadline: Duration

    /// Makes a policy.
    public init(
        maximumAttempts: Int = 10,
        initialBackoff: Duration = .milliseconds(50),
        maximumBackoff: Duration = .seconds(10),
        deadline: Duration = .seconds(120)
    ) {
        self.maximumAttempts = maximumAttempts
        self.initialBackoff = initialBackoff
        self.maximumBackoff = maximumBackoff
        self.deadline = deadline
    }

    /// One attempt, no waiting.
    public static let never = RetryPolicy(maximumAttempts: 1)

    /// Throws `invalidConfiguration` when a setting is outside its domain.
    func check() throws(StoreError) {
        guard maximumAttempts >= 1 else {
            throw StoreError(.invalidConfiguration, "A retry policy needs at least 1 attempt, not \(maximumAttempts).")
        }
        guard initialBackoff >= .zero, maximumBackoff >= initialBackoff, deadline >= .zero else {
            throw StoreError(
                .invalidConfiguration,
                "The back-off of a retry policy grows from initialBackoff to maximumBackoff, and neither is negative."
            )
        }
    }
}

/// The attempts of one call: decides after each failure whether and when there is another one.
struct RetrySchedule {
    /// What to do after a failure.
    enum Decision: Hashable {
        /// Wait this long, then try again.
        case retry(after: Duration)
        /// Give the error to the caller.
        case giveUp
    }

    private let policy: RetryPolicy
    private let start: Duration
    private(set) var attempts = 0

    init(_ policy: RetryPolicy, startingAt start: Duration) {
        self.policy = policy
        self.start = start
    }

    /// Decides after a failure.
    ///
    /// - Parameters:
    ///   - error: the failure.
    ///   - now: the time on the clock of `start`.
    ///   - repeatsUnknown: whether the call may be repeated although its outcome is open.
    ///   - random: where the random part of the wait comes from.
    mutating func decide(
        after error: StoreError,
        at now: Duration,
        repeatsUnknown: Bool,
        random: inout some RandomNumberGenerator
    ) -> Decision {
        attempts += 1
        guard error.code.isRetryable || (repeatsUnknown && error.code == .outcomeUnknown) else { return .giveUp }
        guard attempts < policy.maximumAttempts else { return .giveUp }
        let doublings = min(attempts - 1, 30)
        let backoff = min(policy.initialBackoff * (1 << doublings), policy.maximumBackoff)
        var wait = backoff - backoff * Double.random(in: 0...0.5, using: &random)
        if let asked = error.context.retryAfter { wait = max(wait, asked) }
        return now - start + wait <= policy.deadline ? .retry(after: wait) : .giveUp
    }
}

/// Repeats calls as a policy says, on an injected clock.
struct Retrier: Sendable {
    let policy: RetryPolicy
    let timeline: Timeline
    let random: RandomSource
    /// Told about throttling, so that all who share it hold back together.
    let rate: RateController?

    /// Runs a call until it succeeds or the policy gives up.
    ///
    /// - Parameters:
    ///   - repeatsUnknown: whether the call may be repeated although its outcome is open, because a repetition is harmless.
    ///   - onRetry: called before each wait.
    ///   - body: the call.
    func callAsFunction<Result>(
        repeatsUnknown: Bool,
        onRetry: (StoreError) -> Void = { _ in },
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        var schedule = RetrySchedule(policy, startingAt: timeline.now)
        var random = random
        while true {
            try StoreError.checkCancellation()
            do throws(StoreError) {
                return try await body()
            } catch {
                let decision = schedule.decide(
                    after: error,
                    at: timeline.now,
                    repeatsUnknown: repeatsUnknown,
                    random: &random
                )
                guard case .retry(let wait) = decision else { throw error }
                onRetry(error)
                if error.code == .throttled { rate?.holdOff(for: wait) }
                try await timeline.sleep(for: wait)
            }
        }
    }
}
