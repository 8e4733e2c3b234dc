package import MigrationCore

/// Signs requests to Cosmos DB with the account's master key.
///
/// Source: "Access control in the Azure Cosmos DB SQL API", and the published example in its test.
package struct CosmosMasterKeySigner: RequestSigner {
    private let key: AccountKey

    package init(key: AccountKey) {
        self.key = key
    }

    package func sign(_ request: inout HTTPRequest, at time: WallTime) async throws(CredentialError) {
        request.beginSigning(at: time)
        let target = CosmosSigningTarget(percentEncodedPath: request.url.percentEncodedPath)
        request.headers[SignedField.authorization] = authorization(
            verb: request.method.name,
            target: target,
            date: request.headers[SignedField.date] ?? ""
        )
    }

    /// The signature in Base64, before it is encoded for its header.
    package func signature(verb: String, target: CosmosSigningTarget, date: String) -> String {
        key.signature(of: Self.stringToSign(verb: verb, target: target, date: date))
    }

    /// The value of the authorization header.
    package func authorization(verb: String, target: CosmosSigningTarget, date: String) -> String {
        CosmosAuthorization.encoded("type=master&ver=1.0&sig=\(signature(verb: verb, target: target, date: date))")
    }

    /// Only verb, type and date are in lower case; the link keeps its case, except a resource id.
    static func stringToSign(verb: String, target: CosmosSigningTarget, date: String) -> String {
        "\(verb.lowercased())\n\(target.type.lowercased())\n\(target.link)\n\(date.lowercased())\n\n"
    }
}

/// What a request to Cosmos DB is about, as its signature names it.
package struct CosmosSigningTarget: Sendable, Hashable {
    /// The resource type, such as `docs`; empty for the account.
    package let type: String
    /// The link of the resource, or of its parent for a feed, not percent-encoded.
    package let link: String

    package init(type: String, link: String) {
        self.type = type
        self.link = link
    }

    /// Derives the target from a request's path: an odd number of segments is a feed, an even number a resource.
    ///
    /// Offers are addressed by resource id, and such a link is signed in lower case.
    package init(percentEncodedPath path: String) {
        let segments = path.split(separator: "/").map { HTTPURL.percentDecoded($0) ?? String($0) }
        if segments.count == 6, segments[4] == "operations" {
            // A container's operation, such as partitionkeydelete, is signed as the container.
            type = "colls"
            link = segments.dropLast(2).joined(separator: "/")
        } else if segments.count % 2 == 1 {
            type = segments.last ?? ""
            link = segments.dropLast().joined(separator: "/")
        } else if segments.isEmpty {
            type = ""
            link = ""
        } else {
            type = segments[segments.count - 2]
            link = type == "offers" ? segments[segments.count - 1].lowercased() : segments.joined(separator: "/")
        }
    }
}

/// The authorization header of Cosmos DB.
enum CosmosAuthorization {
    /// Encodes everything but letters, digits and `-_.!~*'()`, as the header's value is.
    static func encoded(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "!*'()".contains(character) {
                result.append(character)
            } else {
                result += HTTPURL.percentEncoded(String(character))
            }
        }
    }
}
