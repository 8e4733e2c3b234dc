internal import MigrationCore

/// Asks several credentials in order, and stays with the first that gives a token.
///
/// One that does not exist here is passed over. One that exists and is refused ends the chain: going on would hide a wrong
/// configuration behind somebody else's identity.
public final class ChainedCredential: TokenCredential {
    private let links: [Link]
    private let chosen = Locked<Int?>(nil)

    struct Link: Sendable {
        let name: String
        let credential: any TokenCredential
    }

    /// Makes a chain.
    ///
    /// - Parameter credentials: at least one, in the order in which they are asked.
    public convenience init(_ credentials: [any TokenCredential]) {
        self.init(links: credentials.map { Link(name: "\(type(of: $0))", credential: $0) })
    }

    init(links: [Link]) {
        precondition(!links.isEmpty, "A chain of credentials has at least one.")
        self.links = links
    }

    public func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        if let index = chosen.withLock({ $0 }) {
            return try await links[index].credential.requestToken(for: scope, context: context)
        }
        var attempts: [String] = []
        for (index, link) in links.enumerated() {
            do throws(CredentialError) {
                let token = try await link.credential.requestToken(for: scope, context: context)
                chosen.withLock { $0 = index }
                return token
            } catch {
                if error.code == .cancelled { throw error }
                attempts.append("\(link.name): \(error.message)")
                guard error.code == .unavailable else {
                    throw CredentialError(
                        error.code,
                        "\(link.name) did not give a token, and the credentials after it were not asked. \(error.message)",
                        attempts: attempts,
                        underlying: error
                    )
                }
            }
        }
        throw CredentialError(
            .unavailable,
            "No credential is available here: \(attempts.joined(separator: " "))",
            attempts: attempts
        )
    }
}

extension ChainedCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "a chain of \(links.map(\.name).joined(separator: ", "))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["links": links.map(\.name)]) }
}
