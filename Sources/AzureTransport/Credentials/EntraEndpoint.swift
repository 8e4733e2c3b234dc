internal import MigrationCore

/// Where Microsoft Entra ID issues tokens for a tenant.
struct EntraEndpoint: Sendable {
    /// The authority of Azure's public cloud.
    static let publicAuthority = "https://login.microsoftonline.com"

    let url: HTTPURL

    /// - Parameters:
    ///   - authority: host of a cloud, with or without its scheme.
    ///   - tenant: the tenant's id or domain.
    init(authority: String, tenant: String) throws(CredentialError) {
        let text = authority.contains("://") ? authority : "https://\(authority)"
        guard var url = HTTPURL(text), url.scheme == .https || url.isLoopback, url.query.isEmpty else {
            throw CredentialError(
                .invalidConfiguration,
                "The authority host is no https URL; leave it out for the public cloud."
            )
        }
        guard IdentityName.isValid(tenant) else {
            throw CredentialError(
                .invalidConfiguration,
                "The tenant is neither an id nor a domain; copy it from the portal."
            )
        }
        while url.percentEncodedPath.last == "/" { url.percentEncodedPath.removeLast() }
        url.percentEncodedPath += "/\(tenant)/oauth2/v2.0/token"
        self.url = url
    }

    /// A request with a form.
    func request(_ fields: [(String, String)]) -> HTTPRequest {
        HTTPRequest(
            method: .post,
            url: url,
            headers: ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"],
            body: .form(fields)
        )
    }
}
