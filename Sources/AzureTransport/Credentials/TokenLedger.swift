internal import MigrationCore

/// What a cache of one token decides: use it, ask for another, or wait for somebody who asks. Times are those of one clock.
///
/// A lifetime is taken once, when the token arrives, and then counted on the monotonic clock: a wall clock that jumps ages nothing.
struct TokenLedger: Sendable {
    /// What a caller does now.
    enum Decision: Sendable, Hashable {
        case use(AccessToken)
        /// Ask for a token; until it is there, others use the old one or wait.
        case ask(flight: UInt64)
        /// Somebody asks already.
        case wait(flight: UInt64)
    }

    private struct Held {
        let token: AccessToken
        let expiry: Duration
        let refresh: Duration
    }

    /// How long before its end a token is replaced, and how much earlier at most, so that processes do not ask all at once.
    static let refreshMargin = Duration.seconds(300)
    static let refreshJitter = Duration.seconds(30)
    /// From this lifetime on a token is replaced half-way.
    static let longLifetime = Duration.seconds(7_200)
    /// How long nobody asks again while the old token still serves.
    static let retryInterval = Duration.seconds(30)

    private var held: Held?
    private var isAsking = false
    private var flight: UInt64 = 0
    private var retryNotBefore = Duration.zero
    private var failure: (flight: UInt64, error: CredentialError)?

    /// Decides for a caller.
    mutating func decide(at now: Duration) -> Decision {
        if let held, now < held.expiry {
            if isAsking || now < held.refresh || now < retryNotBefore { return .use(held.token) }
            return begin()
        }
        return isAsking ? .wait(flight: flight) : begin()
    }

    /// The failure that ended a flight; nil when it brought a token, or nobody finished it.
    func failure(of flight: UInt64) -> CredentialError? {
        failure.flatMap { $0.flight == flight ? $0.error : nil }
    }

    /// A flight brought a token.
    ///
    /// - Parameters:
    ///   - lifetime: from now until it expires.
    ///   - refresh: from now until the issuer wants to be asked again.
    ///   - jitter: from 0 to 1.
    mutating func arrived(
        _ token: AccessToken,
        lifetime: Duration,
        refresh: Duration?,
        jitter: Double,
        at now: Duration
    ) {
        let latest = lifetime - Self.refreshMargin - Self.refreshJitter * jitter
        let half = lifetime / 2
        let due = refresh ?? (lifetime >= Self.longLifetime ? half : max(latest, half))
        held = Held(token: token, expiry: now + lifetime, refresh: now + min(due, lifetime))
        isAsking = false
        retryNotBefore = .zero
    }

    /// A flight failed.
    mutating func failed(_ error: CredentialError, at now: Duration) {
        isAsking = false
        failure = (flight, error)
        retryNotBefore = now + Self.retryInterval
    }

    /// The caller that asked went away; another one may ask.
    mutating func abandoned() {
        isAsking = false
    }

    /// Lets go of the token if it is one that was refused.
    mutating func discard(_ isRefused: (AccessToken) -> Bool) {
        guard let token = held?.token, isRefused(token) else { return }
        held = nil
    }

    /// A token that may still be used.
    func valid(at now: Duration) -> AccessToken? {
        held.flatMap { now < $0.expiry ? $0.token : nil }
    }

    private mutating func begin() -> Decision {
        flight += 1
        isAsking = true
        return .ask(flight: flight)
    }
}
