import Synchronization

/// The places where tokens come from: the endpoint of virtual machines (IMDS), that of App Service, and Entra ID's own.
package final class IdentityService: Service {
    package static let ruleNames = [
        "identity.assertion", "identity.client", "identity.expires-on", "identity.grant-type", "identity.header",
        "identity.metadata-header", "identity.resource", "identity.secret",
    ]

    /// What tests may set at `/_emulator/identity/settings`.
    private struct Settings: Sendable {
        /// The statuses of the next answers, each used once.
        var failures: [Int] = []
        /// How long a token is valid, in seconds of the services' time.
        var tokenSeconds = 3_600
        /// After so many seconds a client shall ask anew; none is sent if it is nil.
        var refreshInSeconds: Int?
        /// What a workload's token file has to contain.
        var assertion = "emulator-assertion"
        /// What App Service gave to the application in `IDENTITY_HEADER`.
        var header = "emulator-identity-header"
    }

    private struct State: Sendable {
        var settings = Settings()
        /// How many tokens were given out.
        var tokens = 0
        /// How many requests for a token came, whatever their answer.
        var requests = 0
    }

    package let name = "identity"
    private let environment: Environment
    private let state = Mutex(State())

    package init(_ environment: Environment) { self.environment = environment }

    package func reset() { state.withLock { $0 = State() } }

    package func answer(_ request: Request) async -> Response {
        let path = request.segments
        switch (request.method, path.last ?? "") {
        case ("GET", "openid-configuration"): return discovery(request, tenant: path[0])
        case ("GET", "instance"):
            return Response(
                200,
                json: [
                    "tenant_discovery_endpoint": .string(
                        "\(request.origin)/\(environment.accounts.tenant)/v2.0/.well-known/openid-configuration"
                    ),
                    "api-version": "1.1", "metadata": [],
                ]
            )
        case ("GET", "token"), ("POST", "token"): break
        default: return Response(404, json: ["error": "not_found"])
        }
        let failure = state.withLock { state -> Int? in
            state.requests += 1
            return state.settings.failures.isEmpty ? nil : state.settings.failures.removeFirst()
        }
        if let failure { return Self.failure(failure) }
        if path == ["metadata", "identity", "oauth2", "token"] { return machine(request) }
        if path == ["msi", "token"] { return application(request) }
        if request.method == "POST", path.count == 4, path[1] == "oauth2", path[2] == "v2.0" {
            return entra(request, tenant: path[0])
        }
        return Response(404, json: ["error": "not_found"])
    }

    private static func failure(_ status: Int) -> Response {
        var response = Response(
            status,
            json: ["error": "temporarily_unavailable", "error_description": "The emulator was told to fail."]
        )
        if status == 429 { response.set("Retry-After", "0") }
        return response
    }

    // MARK: The managed identities

    private func machine(_ request: Request) -> Response {
        guard request.header("Metadata")?.lowercased() == "true" || !environment.rules.holds("identity.metadata-header")
        else { return Self.invalid("Required metadata header not specified") }
        guard request.parameter("api-version") != nil else { return Self.invalid("api-version is missing") }
        guard let resource = request.parameter("resource"), !resource.hasSuffix("/.default") else {
            return Self.invalid("Required query variable 'resource' is missing or no resource")
        }
        if let client = request.parameter("client_id"), client != environment.accounts.client,
            environment.rules.holds("identity.client")
        {
            return Self.invalid("Identity not found")
        }
        let (token, seconds, expiry, refresh) = mint(resource)
        var json: JSON = [
            "access_token": .string(token), "client_id": .string(environment.accounts.client),
            "expires_in": .string(String(seconds)), "expires_on": .string(String(expiry)),
            "ext_expires_in": .string(String(seconds)), "not_before": .string(String(expiry - seconds)),
            "resource": .string(resource), "token_type": "Bearer",
        ]
        if let refresh { json["refresh_in"] = .string(String(refresh)) }
        if !environment.rules.holds("identity.expires-on") {
            json["expires_on"] = "soon"
            json["expires_in"] = "soon"
        }
        return Response(200, json: json)
    }

    private func application(_ request: Request) -> Response {
        let expected = state.withLock { $0.settings.header }
        guard request.header("X-IDENTITY-HEADER") == expected || !environment.rules.holds("identity.header") else {
            return Response(401, json: ["statusCode": 401, "message": "The identity header is not valid."])
        }
        guard let resource = request.parameter("resource"), request.parameter("api-version") != nil else {
            return Self.invalid("Required query variable is missing")
        }
        let (token, _, expiry, _) = mint(resource)
        return Response(
            200,
            json: [
                "access_token": .string(token), "client_id": .string(environment.accounts.client),
                "expires_on": .string(environment.rules.holds("identity.expires-on") ? String(expiry) : "soon"),
                "resource": .string(resource), "token_type": "Bearer",
            ]
        )
    }

    // MARK: Entra ID

    private func discovery(_ request: Request, tenant: String) -> Response {
        let base = request.origin + "/" + tenant
        return Response(
            200,
            json: [
                "token_endpoint": .string(base + "/oauth2/v2.0/token"),
                "authorization_endpoint": .string(base + "/oauth2/v2.0/authorize"),
                "device_authorization_endpoint": .string(base + "/oauth2/v2.0/devicecode"),
                "issuer": .string(base + "/v2.0"),
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            ]
        )
    }

    private func entra(_ request: Request, tenant: String) -> Response {
        let rules = environment.rules
        let form = Percent.pairs(request.text.replacing("+", with: "%20"))
        func value(_ name: String) -> String? { form.first { $0.name == name }?.value }
        guard tenant == environment.accounts.tenant else {
            return Self.refusal(400, "invalid_request", 90_002, "Tenant '\(tenant)' not found.")
        }
        guard value("grant_type") == "client_credentials" || !rules.holds("identity.grant-type") else {
            return Self.refusal(400, "unsupported_grant_type", 70_003, "The app requested an unsupported grant type.")
        }
        guard let scope = value("scope"), scope.split(separator: " ").contains(where: { $0.hasSuffix("/.default") })
        else {
            return Self.refusal(400, "invalid_scope", 1_002_012, "The provided value for scope is not valid.")
        }
        guard value("client_id") == environment.accounts.client || !rules.holds("identity.client") else {
            return Self.refusal(400, "unauthorized_client", 700_016, "Application was not found in the directory.")
        }
        if let assertion = value("client_assertion") {
            let expected = state.withLock { $0.settings.assertion }
            let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            let isRight = assertion.trimmed == expected && value("client_assertion_type") == type
            guard isRight || !rules.holds("identity.assertion") else {
                return Self.refusal(
                    401,
                    "invalid_client",
                    700_024,
                    "Client assertion is not within its valid time range."
                )
            }
        } else {
            guard value("client_secret") == environment.accounts.clientSecret || !rules.holds("identity.secret") else {
                return Self.refusal(401, "invalid_client", 7_000_215, "Invalid client secret provided.")
            }
        }
        let resource = scope.split(separator: " ").first { $0.hasSuffix("/.default") }.map(String.init) ?? scope
        let (token, seconds, _, refresh) = mint(resource)
        var json: JSON = [
            "token_type": "Bearer", "expires_in": .integer(seconds), "ext_expires_in": .integer(seconds),
            "access_token": .string(token),
        ]
        if let refresh { json["refresh_in"] = .integer(refresh) }
        return Response(200, json: json)
    }

    private static func refusal(_ status: Int, _ error: String, _ code: Int, _ text: String) -> Response {
        Response(
            status,
            json: [
                "error": .string(error), "error_description": .string("AADSTS\(code): \(text)"),
                "error_codes": [.integer(code)], "timestamp": .string(Clock.machine.iso8601(fractionDigits: 0)),
                "trace_id": .string(randomIdentifier()), "correlation_id": .string(randomIdentifier()),
            ]
        )
    }

    private static func invalid(_ text: String) -> Response {
        Response(400, json: ["error": "invalid_request", "error_description": .string(text)])
    }

    /// A token, its seconds, when it expires by the machine's clock, and when it shall be asked for anew.
    private func mint(_ resource: String) -> (String, Int, Int, Int?) {
        let settings = state.withLock { state in
            state.tokens += 1
            return state.settings
        }
        let audience = environment.rules.holds("identity.resource") ? resource : "https://elsewhere.example"
        let token = AccessToken.mint(resource: audience, seconds: Double(settings.tokenSeconds), environment)
        let expiry = Int(Clock.machine.seconds) + settings.tokenSeconds
        return (token, settings.tokenSeconds, expiry, settings.refreshInSeconds)
    }

    // MARK: Hooks

    package func control(_ path: [String], _ request: Request) -> Response? {
        switch (request.method, path) {
        case ("GET", ["counts"]):
            return state.withLock { state in
                Response(200, json: ["tokens": .integer(state.tokens), "requests": .integer(state.requests)])
            }
        case ("GET", ["token"]):
            guard let resource = request.parameter("resource") else { return Response(400) }
            let seconds = request.parameter("seconds").flatMap { Double($0) } ?? 3_600
            let token = AccessToken.mint(resource: resource, seconds: seconds, environment)
            return Response(200, json: ["access_token": .string(token)])
        case ("GET", ["settings"]):
            let accounts = environment.accounts
            return state.withLock { state in
                Response(
                    200,
                    json: [
                        "tenant": .string(accounts.tenant), "client": .string(accounts.client),
                        "clientSecret": .string(accounts.clientSecret),
                        "assertion": .string(state.settings.assertion), "header": .string(state.settings.header),
                    ]
                )
            }
        case ("PUT", ["settings"]): return set(request)
        default: return nil
        }
    }

    private func set(_ request: Request) -> Response {
        guard let members = JSON(parsing: request.body)?.members else { return Response(400) }
        return state.withLock { state in
            for member in members {
                switch member.name {
                case "failures": state.settings.failures = (member.value.array ?? []).compactMap(\.integer)
                case "tokenSeconds": state.settings.tokenSeconds = member.value.integer ?? 3_600
                case "refreshInSeconds": state.settings.refreshInSeconds = member.value.integer
                case "assertion": state.settings.assertion = member.value.string ?? ""
                case "header": state.settings.header = member.value.string ?? ""
                default: return Response(400)
                }
            }
            return Response(204)
        }
    }
}
