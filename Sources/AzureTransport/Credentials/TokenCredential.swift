public import MigrationCore

// Why these types are public although the target is no product: the public initializers of the three adapters take a credential,
// and one type must serve all three, since a program gives the same credential to Cosmos DB and to Storage. Each adapter has a file
// Exports.swift with `@_exported public import CutoverAzureTransport`, so a program imports its adapter only; two adapters show it one
// and the same type. Everything that is not needed to choose, make or write a credential stays package, so nothing else shows. The
// alternatives were worse: three copies of the protocol do not mix, MigrationCore knows no backend, and a product of its own would
// have to be found, linked and imported for a single word.

/// Something that gets tokens of Microsoft Entra ID, for an account that is used without its key.
///
/// Give one to a store where it asks for a credential. The store caches what it answers, asks again before a token expires, and
/// never asks twice at the same time; a conformer keeps nothing.
///
/// ```swift
/// let credential = DefaultAzureCredential()
/// ```
///
/// To wrap another source of tokens, conform to it; to try several, use ``ChainedCredential``.
public protocol TokenCredential: Sendable {
    /// Gets a fresh token.
    ///
    /// - Parameters:
    ///   - scope: What the token is for, such as `https://storage.azure.com/.default`.
    ///   - context: How the account that asks reaches the network and tells the time; pass it on to wrapped credentials.
    /// - Throws: `unavailable` when this source does not exist here, so that a chain may ask the next one; `rejected` when the
    ///   credential was refused; `unreachable` when nobody answered; `cancelled`.
    func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken
}

/// A token and the time for which it may be used. It never shows itself.
public struct AccessToken: Sendable, Hashable {
    /// The text that goes into the authorization. Never log it.
    public let text: String
    /// When the server stops accepting it.
    public let expiry: WallTime
    /// When a new one should be asked for, where the issuer says so.
    public let refresh: WallTime?

    /// Makes a token.
    public init(text: String, expiry: WallTime, refresh: WallTime? = nil) {
        self.text = text
        self.expiry = expiry
        self.refresh = refresh
    }
}

extension AccessToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// When the token expires, and nothing of its text.
    public var description: String { "a token that expires at \(expiry)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: [description]) }
}
