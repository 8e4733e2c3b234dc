import CutoverAzureTransport
import MigrationCore

/// A credential that answers as a test says, and counts how often it is asked.
final class FakeCredential: TokenCredential {
    private let answer: @Sendable (Int, String, TokenContext) async throws(CredentialError) -> AccessToken
    private let count = Locked(0)

    init(_ answer: @escaping @Sendable (Int, String, TokenContext) async throws(CredentialError) -> AccessToken) {
        self.answer = answer
    }

    /// One that fails.
    convenience init(_ code: CredentialError.Code, _ message: String = "It failed.") {
        self.init { _, _, _ throws(CredentialError) in throw CredentialError(code, message) }
    }

    /// One whose tokens live for a time, and are numbered.
    convenience init(lifetime: Duration) {
        self.init { number, _, context throws(CredentialError) in
            AccessToken(text: "token-\(number)", expiry: context.wallClock().advanced(by: lifetime))
        }
    }

    var requests: Int { count.withLock { $0 } }

    func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return try await answer(number, scope, context)
    }
}

extension TokenContext {
    /// A context on clocks of a test. Wall time follows the clock.
    static func test(_ clock: any Clock<Duration>) -> TokenContext { test(FakeTransport(.status(500)), clock) }

    static func test(_ transport: FakeTransport, _ clock: any Clock<Duration>) -> TokenContext {
        let timeline = Timeline(clock)
        return TokenContext(
            transport: transport,
            timeline: timeline,
            wallClock: { WallTime(millisecondsSinceEpoch: 1_700_000_000_000).advanced(by: timeline.now) },
            random: RandomSource { 0 }
        )
    }
}
