package import MigrationCore

/// What a shared access signature grants, whatever it grants it on.
package struct SharedAccessTerms: Sendable, Hashable {
    /// The letters of the permissions, in the order that the service documents, such as `rw`.
    package var permissions: String
    /// From when on; nil for at once.
    package var start: WallTime?
    /// Until when; nil only with a stored policy that says so.
    package var expiry: WallTime?
    /// An address or a range of addresses, such as `168.1.5.60-168.1.5.70`.
    package var addresses: String?
    /// Whether plain HTTP is refused.
    package var requiresHTTPS: Bool
    /// The name of a stored access policy; not with an account's signature.
    package var policy: String?
    /// The version of the signature.
    package var version: String

    package init(
        permissions: String,
        start: WallTime? = nil,
        expiry: WallTime?,
        addresses: String? = nil,
        requiresHTTPS: Bool = true,
        policy: String? = nil,
        version: String
    ) {
        self.permissions = permissions
        self.start = start
        self.expiry = expiry
        self.addresses = addresses
        self.requiresHTTPS = requiresHTTPS
        self.policy = policy
        self.version = version
    }

    fileprivate var protocols: String { requiresHTTPS ? "https" : "" }
}

/// Source of the strings to sign: "Create a service SAS", "Create an account SAS", for versions from 2020-12-06 on.
extension SharedAccessSignature {
    /// Grants access to one container, or to one blob.
    ///
    /// - Parameters:
    ///   - blob: the blob's name, not encoded; nil for the container and everything in it.
    package static func blob(
        account: String,
        key: AccountKey,
        container: String,
        blob: String? = nil,
        terms: SharedAccessTerms
    ) -> SharedAccessSignature {
        let resource = blob == nil ? "c" : "b"
        let path = "/blob/\(account)/\(container)" + (blob.map { "/\($0)" } ?? "")
        let lines = [
            terms.permissions, terms.start?.sasTime ?? "", terms.expiry?.sasTime ?? "", path, terms.policy ?? "",
            terms.addresses ?? "", terms.protocols, terms.version, resource,
            // The time of a snapshot, an encryption scope, and five fields of the answer, which are not overridden.
            "", "", "", "", "", "", "",
        ]
        return made(terms, [("sr", resource)], signature: key.signature(of: lines.joined(separator: "\n")))
    }

    /// Grants access to services of an account.
    ///
    /// - Parameters:
    ///   - services: letters of `b`, `q`, `t`, `f`.
    ///   - resourceTypes: letters of `s` (service), `c` (container), `o` (object).
    package static func account(
        _ account: String,
        key: AccountKey,
        services: String,
        resourceTypes: String,
        terms: SharedAccessTerms
    ) -> SharedAccessSignature {
        let lines = [
            account, terms.permissions, services, resourceTypes, terms.start?.sasTime ?? "",
            terms.expiry?.sasTime ?? "", terms.addresses ?? "", terms.protocols, terms.version,
            // An encryption scope; and a line end follows the last slot.
            "", "",
        ]
        return made(
            terms,
            [("ss", services), ("srt", resourceTypes)],
            signature: key.signature(of: lines.joined(separator: "\n"))
        )
    }

    /// Grants access to one table.
    package static func table(
        account: String,
        key: AccountKey,
        table: String,
        terms: SharedAccessTerms
    ) -> SharedAccessSignature {
        let lines = [
            terms.permissions, terms.start?.sasTime ?? "", terms.expiry?.sasTime ?? "",
            "/table/\(account.lowercased())/\(table.lowercased())", terms.policy ?? "", terms.addresses ?? "",
            terms.protocols, terms.version,
            // The ends of a range of keys, which is not restricted.
            "", "", "", "",
        ]
        return made(terms, [("tn", table)], signature: key.signature(of: lines.joined(separator: "\n")))
    }

    private static func made(
        _ terms: SharedAccessTerms,
        _ resource: [(String, String)],
        signature: String
    ) -> SharedAccessSignature {
        var pairs: [(String, String?)] = [("sv", terms.version)]
        pairs += resource.map { ($0.0, $0.1) }
        pairs += [
            ("sp", terms.permissions), ("st", terms.start?.sasTime), ("se", terms.expiry?.sasTime),
            ("sip", terms.addresses), ("spr", terms.protocols), ("si", terms.policy), ("sig", signature),
        ]
        let items = pairs.compactMap { name, value in
            value.flatMap { $0.isEmpty ? nil : HTTPURL.QueryItem(name: name, value: HTTPURL.percentEncoded($0)) }
        }
        return SharedAccessSignature(items: items)
    }
}
