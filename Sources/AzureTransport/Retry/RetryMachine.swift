package import MigrationCore

/// The attempts of one call: decides after each of them whether there is another one, when and where.
///
/// It knows nothing of tasks, clocks and sockets: time and randomness are passed in, and the driver does what it says. One budget
/// and one deadline cover all attempts with all their waits.
package struct RetryMachine: ~Copyable, Sendable {
    /// How an attempt ended.
    package enum Attempt: Sendable {
        case answered(AnswerFacts)
        case failed(TransportError)
    }

    /// What to do now.
    package enum Action: Sendable, Hashable {
        /// Give the last answer to the caller.
        case finish
        /// Wait, then send again.
        case wait(Duration, because: Trouble.Kind)
        /// Ask where the request must go; wait and send again if that is known, else ``stay(_:wait:because:)``.
        case redirect(AzureRedirect, Duration, because: Trouble.Kind)
        /// Get another credential and send again; without another one the answer stands.
        case renewCredential
        /// The last failure is the outcome.
        case giveUp(Reason)
    }

    /// Why there is no further attempt.
    package enum Reason: Sendable, Hashable {
        /// The failure is final.
        case notRetryable
        /// It could succeed, but the attempts or the time of the call are used up.
        case exhausted(Trouble.Kind)
        /// The request was a write that may have been applied, and a repetition could apply it twice.
        case outcomeUnknown
    }

    private let service: AzureService
    private let policy: RetryPolicy
    private let deadline: Duration
    private let effect: RequestEffect
    private let isReplayable: Bool
    private var hasRenewedCredential = false
    private var redirects = 0

    /// How many attempts have ended.
    package private(set) var attempts = 0
    /// Whether an attempt that did not end with success may have been applied. It stays so: no later refusal can tell that it was not.
    package private(set) var mayBeApplied = false

    /// - Parameters:
    ///   - policy: the budget of the call.
    ///   - effect: what a repetition does.
    ///   - isReplayable: whether the body can be sent again.
    ///   - start: the time at which the call began, on the clock of every other time that is passed in.
    package init(
        service: AzureService,
        policy: RetryPolicy,
        effect: RequestEffect,
        isReplayable: Bool = true,
        startingAt start: Duration
    ) {
        self.service = service
        self.policy = policy
        self.effect = effect
        self.isReplayable = isReplayable
        deadline = start + policy.deadline
    }

    /// The time that is left; not positive when the call is over.
    package func remaining(at now: Duration) -> Duration { deadline - now }

    /// Decides after an attempt.
    package mutating func decide(
        after attempt: Attempt,
        at now: Duration,
        random: inout some RandomNumberGenerator
    ) -> Action {
        attempts += 1
        switch attempt {
        case .answered(let answer): return decide(after: answer, at: now, random: &random)
        case .failed(let error): return decide(after: error, at: now, random: &random)
        }
    }

    private mutating func decide(
        after answer: AnswerFacts,
        at now: Duration,
        random: inout some RandomNumberGenerator
    ) -> Action {
        switch RetryRules.verdict(answer, from: service) {
        case .final: return .finish
        case .credentialRefused:
            guard !hasRenewedCredential, isReplayable, attempts < policy.maximumAttempts, now < deadline else {
                return .finish
            }
            hasRenewedCredential = true
            return .renewCredential
        case .again(let trouble):
            if let reason = reasonToStop(trouble) { return .giveUp(reason) }
            return wait(trouble, asked: answer.retryAfter, at: now, random: &random)
        case .redirect(let redirect, let trouble):
            guard isReplayable else { return .giveUp(.notRetryable) }
            redirects += 1
            // What is merely elsewhere is there already; only the second time there is something to wait for.
            let isImmediate = redirects == 1 && trouble.kind == .unavailable && answer.retryAfter == nil
            if isImmediate, attempts < policy.maximumAttempts, now < deadline {
                return .redirect(redirect, .zero, because: trouble.kind)
            }
            let action = wait(trouble, asked: answer.retryAfter, at: now, random: &random)
            guard case .wait(let duration, let kind) = action else { return action }
            return .redirect(redirect, duration, because: kind)
        }
    }

    private mutating func decide(
        after error: TransportError,
        at now: Duration,
        random: inout some RandomNumberGenerator
    ) -> Action {
        let isLate = error.code.timedOutPhase != nil
        let trouble = Trouble(isLate ? .timeout : .unavailable, mayBeApplied: error.requestMayHaveArrived)
        guard error.isRetryable else {
            if trouble.mayBeApplied, effect != .read { mayBeApplied = true }
            return .giveUp(mayBeApplied ? .outcomeUnknown : .notRetryable)
        }
        if let reason = reasonToStop(trouble) { return .giveUp(reason) }
        return wait(trouble, asked: nil, at: now, random: &random)
    }

    /// What to do when the redirection leads nowhere: some troubles pass by themselves, others do not.
    package func stay(_ redirect: AzureRedirect, wait: Duration, because kind: Trouble.Kind) -> Action {
        switch redirect {
        case .sessionRegion, .otherRegion: .wait(max(wait, policy.initialBackoff), because: kind)
        case .writeRegion, .partitionRanges: .giveUp(.exhausted(kind))
        }
    }

    /// Notes a doubt, and says whether it forbids another attempt.
    private mutating func reasonToStop(_ trouble: Trouble) -> Reason? {
        if trouble.mayBeApplied, effect != .read {
            mayBeApplied = true
            if effect == .write { return .outcomeUnknown }
        }
        guard isReplayable else { return mayBeApplied ? .outcomeUnknown : .exhausted(trouble.kind) }
        return nil
    }

    /// Waits as the server asks, or by the back-off, if the budget has room for it and for another attempt.
    private func wait(
        _ trouble: Trouble,
        asked: Duration?,
        at now: Duration,
        random: inout some RandomNumberGenerator
    ) -> Action {
        guard attempts < policy.maximumAttempts else { return .giveUp(.exhausted(trouble.kind)) }
        let wait: Duration
        if let asked {
            // Never earlier than asked; a little later, so that those who were refused together do not come back together.
            wait = asked + asked * Double.random(in: 0..<0.1, using: &random)
        } else {
            let doublings = min(attempts - 1, 20)
            let backoff = min(
                (trouble.initialBackoff ?? policy.initialBackoff) * (1 << doublings),
                policy.maximumBackoff
            )
            wait = backoff - backoff * Double.random(in: 0..<0.5, using: &random)
        }
        return now + wait < deadline ? .wait(wait, because: trouble.kind) : .giveUp(.exhausted(trouble.kind))
    }
}
