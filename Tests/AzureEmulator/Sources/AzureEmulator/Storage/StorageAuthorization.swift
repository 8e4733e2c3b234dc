/// What a request may do, once it is known who sends it.
struct StorageGrant: Sendable {
    /// The letters of a shared access signature; nil allows everything.
    var permissions: Set<Character>?

    /// Refuses a request that has none of these letters.
    func demand(_ letters: String) throws(StorageError) {
        guard let permissions else { return }
        if permissions.isDisjoint(with: letters) { throw .noPermission }
    }

    func has(_ letter: Character) -> Bool { permissions?.contains(letter) ?? true }
}

/// Who sends a request to Blob or Table: by key, by shared access signature, or by token.
struct StorageAuthorization: Sendable {
    /// `blob` or `table`.
    let service: String
    let environment: Environment

    /// What a request asks for: which decides whether a shared access signature covers it.
    enum Scope: Sendable {
        case service
        case container(String)
        case blob(container: String, name: String)
        case table(String)
    }

    func grant(_ request: Request, scope: Scope) throws(StorageError) -> StorageGrant {
        if let authorization = request.header("Authorization") {
            let parts = authorization.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw .authenticationFailed }
            switch parts[0] {
            case "SharedKey": try checkKey(request, parts[1], isLite: false)
            case "SharedKeyLite" where service == "table": try checkKey(request, parts[1], isLite: true)
            case "Bearer": try checkToken(request, parts[1])
            default: throw .authenticationFailed
            }
            return StorageGrant()
        }
        guard let signature = SharedAccessSignature(request.query) else {
            throw StorageError(
                401,
                "NoAuthenticationInformation",
                "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
                headers: [challenge]
            )
        }
        return try grant(signature, request, scope)
    }

    private var challenge: Field {
        let authority = "https://login.microsoftonline.com/\(environment.accounts.tenant)/oauth2/authorize"
        return Field("WWW-Authenticate", "Bearer authorization_uri=\(authority) resource_id=https://storage.azure.com")
    }

    private func checkKey(_ request: Request, _ credential: String, isLite: Bool) throws(StorageError) {
        let accounts = environment.accounts
        let parts = credential.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == accounts.storageName else { throw .authenticationFailed }
        guard let date = Moment(rfc1123: request.header("x-ms-date") ?? request.header("Date") ?? "") else {
            throw .authenticationFailed
        }
        if abs(date.seconds(since: Clock.machine)) > 900, environment.rules.holds("\(service).date") {
            throw .authenticationFailed
        }
        let text =
            if service == "blob" {
                SharedKey.blob(request, account: accounts.storageName)
            } else if isLite {
                SharedKey.tableLite(request, account: accounts.storageName)
            } else {
                SharedKey.table(request, account: accounts.storageName)
            }
        let rule = isLite ? "table.lite-signature" : "\(service).signature"
        let expected = Signing.sign(text, key: accounts.storageKey) ?? ""
        if !Signing.equal(expected, parts[1]), environment.rules.holds(rule) { throw .authenticationFailed }
    }

    private func checkToken(_ request: Request, _ token: String) throws(StorageError) {
        let refused = StorageError(
            401,
            "InvalidAuthenticationInfo",
            "Authentication information is not given in the correct format.",
            headers: [challenge]
        )
        if !request.isSecure, environment.rules.holds("\(service).token-needs-tls") {
            throw StorageError(
                403,
                "AuthenticationFailed",
                "Authentication scheme Bearer is not allowed with HTTP.",
                headers: [challenge]
            )
        }
        guard (request.header("x-ms-version") ?? "") >= (service == "blob" ? "2017-11-09" : "2019-02-02") else {
            throw refused
        }
        let accepted = AccessToken.accepts(
            token,
            for: ["https://storage.azure.com", request.origin, "https://cosmos.azure.com"],
            environment
        )
        if !accepted, environment.rules.holds("\(service).token") { throw refused }
    }

    private func grant(
        _ signature: SharedAccessSignature,
        _ request: Request,
        _ scope: Scope
    ) throws(StorageError) -> StorageGrant {
        let accounts = environment.accounts
        let rules = environment.rules
        let text: String
        if signature.isForAccount {
            text = signature.accountText(account: accounts.storageName)
            if rules.holds("\(service).sas-scope") {
                guard signature["ss"].contains(service == "blob" ? "b" : "t") else { throw .wrongService }
                guard signature["srt"].contains(Self.resourceType(scope)) else { throw .wrongResourceType }
            }
        } else {
            text = try serviceText(signature, scope)
        }
        let expected = Signing.sign(text, key: accounts.storageKey) ?? ""
        if !Signing.equal(expected, signature["sig"]), rules.holds("\(service).sas-signature") {
            throw .authenticationFailed
        }
        if !signature.isValid(at: environment.clock.now), rules.holds("\(service).sas-expiry") {
            throw .authenticationFailed
        }
        if signature["spr"] == "https", !request.isSecure, rules.holds("\(service).sas-protocol") {
            throw .wrongProtocol
        }
        guard rules.holds("\(service).sas-permission") else { return StorageGrant() }
        return StorageGrant(permissions: Set(signature["sp"]))
    }

    /// The string to sign of a token for one container, blob or table, which has to be the one that is asked for.
    private func serviceText(_ signature: SharedAccessSignature, _ scope: Scope) throws(StorageError) -> String {
        let account = environment.accounts.storageName
        switch (scope, signature["sr"]) {
        case (.blob(let container, let name), "b"), (.blob(let container, let name), "c"):
            return signature.blobText(account: account, container: container, blob: name)
        case (.container(let container), "c"):
            return signature.blobText(account: account, container: container, blob: nil)
        case (.table(let name), _):
            guard signature["tn"].equalsIgnoringCase(name) || !environment.rules.holds("table.sas-scope") else {
                throw .authenticationFailed
            }
            return signature.tableText(account: account)
        default:
            throw .authenticationFailed
        }
    }

    private static func resourceType(_ scope: Scope) -> String {
        switch scope {
        case .service: "s"
        case .container: "c"
        case .blob, .table: "o"
        }
    }
}
