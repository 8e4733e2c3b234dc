internal import MigrationCore

/// The token of one account for one scope: cached, asked for by one caller at a time, replaced before it expires.
///
/// While a token is being replaced the old one serves everybody else, and it goes on serving while that fails. There is no task of
/// its own: the caller that finds the token old asks, and if it is cancelled another one does.
package final class TokenCache: Sendable {
    private enum Waiting: Hashable { case token }

    private let credential: any TokenCredential
    private let scope: String
    private let context: TokenContext
    private let ledger = Locked(TokenLedger())
    private let waiters = WaitList<Waiting>()

    package init(credential: any TokenCredential, scope: String, context: TokenContext) {
        self.credential = credential
        self.scope = scope
        self.context = context
    }

    /// A token that is valid now.
    package func token() async throws(CredentialError) -> AccessToken {
        while true {
            guard !Task.isCancelled else { throw .cancelledCall }
            let token: AccessToken? = try await waiters.withTicket(for: .token) {
                (ticket) async throws(CredentialError) -> AccessToken? in
                let now = context.timeline.now
                switch ledger.withLock({ $0.decide(at: now) }) {
                case .use(let token): return token
                case .ask: return try await ask()
                case .wait(let flight):
                    await waiters.wait(ticket)
                    if let error = ledger.withLock({ $0.failure(of: flight) }) { throw error }
                    return nil
                }
            }
            if let token { return token }
        }
    }

    /// Lets go of the token if it is the one that was refused. The next call asks for another one.
    package func discard(_ isRefused: (AccessToken) -> Bool) -> Bool {
        ledger.withLock { $0.discard(isRefused) }
        return true
    }

    private func ask() async throws(CredentialError) -> AccessToken {
        defer { waiters.signal(.token) }
        do throws(CredentialError) {
            let token = try await credential.requestToken(for: scope, context: context)
            let wall = context.wallClock()
            let lifetime = wall.duration(to: token.expiry)
            guard lifetime > .zero else {
                throw CredentialError(.rejected, "The token that was issued has expired already; correct the clock.")
            }
            let refresh = token.refresh.map { max(.zero, wall.duration(to: $0)) }
            var random = context.random
            let jitter = Double.random(in: 0..<1, using: &random)
            let now = context.timeline.now
            ledger.withLock {
                $0.arrived(token, lifetime: lifetime, refresh: refresh, jitter: jitter, at: now)
            }
            return token
        } catch {
            let now = context.timeline.now
            if error.code == .cancelled {
                ledger.withLock { $0.abandoned() }
            } else {
                ledger.withLock { $0.failed(error, at: now) }
            }
            if let valid = ledger.withLock({ $0.valid(at: now) }) { return valid }
            throw error
        }
    }
}

extension TokenCache: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "a token cache for \(scope)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["scope": scope]) }
}
