/// Who is asking.
enum CosmosIdentity {
    case master
    case token

    private static let tokenPrefix = "type=aad&ver=1.0&sig="
    private static let masterPrefix = "type=master&ver=1.0&sig="
    /// How far a request's date may lie from the machine's time.
    private static let maximumSkewSeconds: Int64 = 900

    /// Checks the signature or the token of a request.
    static func check(_ call: CosmosCall, _ environment: Environment) throws(CosmosError) -> CosmosIdentity {
        let rules = environment.rules
        guard let raw = call.header("Authorization") else { throw .unauthorized }
        let text = Percent.decode(raw)
        if rules.holds("cosmos.date") {
            let date = call.header("x-ms-date") ?? call.header("Date") ?? ""
            guard let moment = Moment(rfc1123: date),
                abs(moment.seconds - Clock.machine.seconds) <= maximumSkewSeconds
            else {
                throw CosmosError(
                    403,
                    "Forbidden",
                    "The authorization token is not valid at the current time (maximum clock skew)."
                )
            }
        }
        if text.hasPrefix(tokenPrefix) {
            if !call.request.isSecure, rules.holds("cosmos.token-needs-tls") { throw .unauthorized }
            let origin = call.request.origin
            let host = origin.split(separator: ":").prefix(2).joined(separator: ":")
            let resources = [origin, host, "https://cosmos.azure.com"]
            guard
                AccessToken.accepts(text.dropFirst(tokenPrefix.count), for: resources, environment)
                    || !rules.holds("cosmos.token")
            else { throw .unauthorized }
            return .token
        }
        guard text.hasPrefix(masterPrefix) else { throw .unauthorized }
        let expected = signature(call, key: environment.accounts.cosmosKey) ?? ""
        guard
            Signing.equal(expected, String(text.dropFirst(masterPrefix.count))) || !rules.holds("cosmos.signature")
        else { throw .unauthorized }
        return .master
    }

    /// The signature that a request has to carry.
    static func signature(_ call: CosmosCall, key: String) -> String? {
        let date = call.header("x-ms-date")
        let lines = [
            call.request.method.lowercased(), call.resourceType.lowercased(), call.resourceLink,
            (date ?? "").lowercased(), date == nil ? (call.header("Date") ?? "").lowercased() : "",
        ]
        return Signing.sign(lines.map { $0 + "\n" }.joined(), key: key)
    }
}

/// The signature of a request with the master key, for tests against the published vectors.
package func cosmosSignature(_ request: Request, key: String) -> String? {
    CosmosIdentity.signature(CosmosCall(request), key: key)
}
