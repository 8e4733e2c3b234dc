package import MigrationCore

/// Signs requests with a token of Microsoft Entra ID.
package struct BearerSigner: RequestSigner {
    /// How a service takes the token.
    package enum Form: Sendable, Hashable {
        /// `Bearer TOKEN`: Blob and Table.
        case bearer
        /// `type=aad&ver=1.0&sig=TOKEN`, percent-encoded: Cosmos DB.
        case cosmos
    }

    private let cache: TokenCache
    private let form: Form

    package init(cache: TokenCache, form: Form) {
        self.cache = cache
        self.form = form
    }

    package func sign(_ request: inout HTTPRequest, at time: WallTime) async throws(CredentialError) {
        guard request.url.scheme == .https || request.url.isLoopback else {
            throw CredentialError(
                .invalidConfiguration,
                "A token is never sent over plain HTTP; use an https endpoint for this account."
            )
        }
        let token = try await cache.token()
        request.beginSigning(at: time)
        request.headers[SignedField.authorization] = authorization(token)
    }

    package func discardCredential(of request: HTTPRequest) -> Bool {
        cache.discard { authorization($0) == request.headers[SignedField.authorization] }
    }

    private func authorization(_ token: AccessToken) -> String {
        switch form {
        case .bearer: "Bearer \(token.text)"
        case .cosmos: CosmosAuthorization.encoded("type=aad&ver=1.0&sig=\(token.text)")
        }
    }
}

extension HTTPURL {
    /// Whether requests stay on this machine.
    package var isLoopback: Bool {
        host == "localhost" || host == "[::1]"
            || host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }
}
