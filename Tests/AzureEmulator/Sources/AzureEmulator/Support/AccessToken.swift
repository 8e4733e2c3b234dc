/// The tokens that the identity service gives out and the other services take: shaped as those of Entra ID.
package enum AccessToken {
    /// Makes a token for a resource that is valid for so many seconds of the services' time.
    package static func mint(resource: String, seconds: Double, _ environment: Environment) -> String {
        let header: JSON = ["typ": "JWT", "alg": "HS256"]
        let now = environment.clock.now
        let payload: JSON = [
            "aud": .string(audience(resource)), "iat": .integer(Int(now.seconds)),
            "exp": .integer(Int(now.adding(seconds: seconds).seconds)), "jti": .string(randomIdentifier()),
            "tid": .string(environment.accounts.tenant), "oid": .string(environment.accounts.client),
        ]
        let signed = encode(header.bytes) + "." + encode(payload.bytes)
        return signed + "." + signature(signed, environment)
    }

    /// Whether a token was given out by this emulator, for this resource, and is still valid.
    package static func accepts(
        _ token: some StringProtocol,
        for resources: [String],
        _ environment: Environment
    ) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        guard Signing.equal(signature("\(parts[0]).\(parts[1])", environment), String(parts[2])) else { return false }
        guard let bytes = decode(parts[1]), let payload = JSON(parsing: bytes), let audience = payload["aud"]?.string,
            let expiry = payload["exp"]?.integer
        else { return false }
        return resources.contains { self.audience($0) == audience } && environment.clock.now.seconds < Int64(expiry)
    }

    /// A resource without what differs between a scope and a resource.
    private static func audience(_ resource: String) -> String {
        var text = resource[...]
        if text.hasSuffix("/.default") { text = text.dropLast("/.default".count) }
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text)
    }

    private static func signature(_ text: String, _ environment: Environment) -> String {
        (Signing.sign(text, key: environment.accounts.storageKey) ?? "").replacing("+", with: "-")
            .replacing("/", with: "_").replacing("=", with: "")
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text).replacing("-", with: "+").replacing("_", with: "/")
        while text.utf8.count % 4 != 0 { text += "=" }
        return Base64.decode(text)
    }
}
