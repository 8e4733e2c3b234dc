package import MigrationCore

/// A shared access signature: the parts of a query that grant access to a part of an account for a time.
///
/// The parts stay encoded as they came, so that what the owner signed is what is sent.
package struct SharedAccessSignature: Sendable, Hashable {
    /// The pairs of the query, `sig` among them.
    package let items: [HTTPURL.QueryItem]

    /// Takes a token as the portal or a client makes it, with or without its question mark.
    ///
    /// - Throws: `invalidConfiguration` when a part that every token has is missing; the text is not repeated.
    package init(token text: String) throws(StoreError) {
        let query = text.first == "?" ? text.dropFirst() : text[...]
        guard query.utf8.allSatisfy({ HTTPURL.isAllowed($0) && $0 != UInt8(ascii: "?") }) else {
            throw Self.invalid("holds characters that must be percent-encoded")
        }
        items = HTTPURL.queryItems(query)
        for name in ["sv", "sig"] where (value(of: name) ?? "").isEmpty {
            throw Self.invalid("lacks its part '\(name)'")
        }
        guard Set(items.map { $0.name.lowercased() }).count == items.count else {
            throw Self.invalid("has a part twice")
        }
    }

    /// Takes parts that were made here.
    init(items: [HTTPURL.QueryItem]) {
        self.items = items
    }

    /// The token as text, without a question mark. It authenticates; never log it.
    package var revealed: String {
        items.map { item in item.value.map { "\(item.name)=\($0)" } ?? item.name }.joined(separator: "&")
    }

    /// When it ends, where it says so itself and not through a stored policy.
    package var expiry: WallTime? { value(of: "se").flatMap(WallTime.init(rfc3339:)) }

    /// The decoded value of a part.
    package func value(of name: String) -> String? {
        items.first { $0.name == name }?.value.flatMap { HTTPURL.percentDecoded($0) }
    }

    private static func invalid(_ fault: String) -> StoreError {
        StoreError(.invalidConfiguration, "The shared access signature \(fault); copy the whole token again.")
    }
}

extension SharedAccessSignature: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Parts that say what is granted and until when, and nothing about who grants it.
    private static let shown: Set<String> = ["sv", "st", "se", "sp", "spr", "sr", "ss", "srt"]

    package var description: String {
        items.map { item in
            Self.shown.contains(item.name) ? "\(item.name)=\(item.value ?? "")" : "\(item.name)=<hidden>"
        }.joined(separator: "&")
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: [description]) }
}

/// Sends a shared access signature with each request, and no other authorization.
package struct SharedAccessSigner: RequestSigner {
    private let signature: SharedAccessSignature

    package init(_ signature: SharedAccessSignature) {
        self.signature = signature
    }

    package func sign(_ request: inout HTTPRequest, at time: WallTime) async throws(CredentialError) {
        request.beginSigning(at: time)
        let names = Set(signature.items.map { $0.name.lowercased() })
        request.url.query.removeAll { names.contains($0.name.lowercased()) }
        request.url.query += signature.items
    }
}
