import Synchronization

/// Table storage: tables, entities, queries and entity-group transactions. Access policies and CORS are not here.
package final class TableService: Service {
    package static let ruleNames = [
        "table.batch-atomic", "table.batch-duplicates", "table.batch-index", "table.batch-limit",
        "table.batch-one-partition", "table.continuation", "table.date", "table.delete-needs-if-match",
        "table.etag-changes", "table.filter", "table.filter-precedence", "table.if-match", "table.insert-conflict",
        "table.key-characters", "table.limits", "table.lite-signature", "table.merge-keeps", "table.name-case",
        "table.order", "table.replace-drops", "table.sas-expiry", "table.sas-permission", "table.sas-protocol",
        "table.sas-scope", "table.sas-signature", "table.select", "table.signature", "table.table-conflict",
        "table.timestamp", "table.token", "table.token-needs-tls", "table.top", "table.type-annotations",
        "table.version",
    ]

    struct State: Sendable {
        /// By name in small letters.
        var tables: [String: Table] = [:]
        /// Whether a page without entities comes before each page of a query.
        var sendsEmptyPages = false
        /// Names that cannot be taken again before these times, and for how long a deleted one cannot.
        var deletedUntil: [String: Moment] = [:]
        var deletionSeconds = 0.0
        var bytes = 0
    }

    /// More than this is refused, so that a test gone wild ends before the machine does.
    static let maximumBytes = 2 << 30

    package let name = "table"
    let environment: Environment
    let state = Mutex(State())

    package init(_ environment: Environment) { self.environment = environment }

    var rules: Rules { environment.rules }

    package func reset() { state.withLock { $0 = State() } }

    package func control(_ path: [String], _ request: Request) -> Response? {
        guard path == ["settings"], request.method == "PUT" else { return nil }
        guard let members = JSON(parsing: request.body)?.members else { return Response(400) }
        return state.withLock { state in
            for member in members {
                switch member.name {
                case "emptyPages": state.sendsEmptyPages = member.value.bool ?? false
                case "tableDeletionSeconds": state.deletionSeconds = member.value.double ?? 0
                default: return Response(400)
                }
            }
            return Response(204)
        }
    }

    package func answer(_ request: Request) async -> Response {
        var response: Response
        do {
            try checkVersion(request)
            let call = try TableCall(request, account: environment.accounts.storageName)
            let grant = try StorageAuthorization(service: "table", environment: environment)
                .grant(request, scope: Self.scope(call))
            response = try perform(call, grant)
        } catch {
            response = Self.response(error)
        }
        response.headers.append(Field("x-ms-request-id", randomIdentifier()))
        response.headers.append(Field("x-ms-version", request.header("x-ms-version") ?? "2019-02-02"))
        if let identifier = request.header("x-ms-client-request-id") {
            response.headers.append(Field("x-ms-client-request-id", identifier))
        }
        return response
    }

    private func checkVersion(_ request: Request) throws(StorageError) {
        guard rules.holds("table.version"), let version = request.header("x-ms-version") else { return }
        guard StorageVersion.known.contains(version) else { throw .invalidHeader("x-ms-version") }
    }

    static func response(_ error: StorageError) -> Response {
        var response = Response(
            error.status,
            headers: [Field("Content-Type", "application/json;odata=minimalmetadata;streaming=true;charset=utf-8")],
            json: [
                "odata.error": [
                    "code": .string(error.code),
                    "message": [
                        "lang": "en-US",
                        "value": .string(
                            "\(error.message)\nRequestId:\(randomIdentifier())\nTime:\(Clock.machine.iso8601())"
                        ),
                    ],
                ]
            ]
        )
        response.headers += error.headers
        return response
    }

    private static func scope(_ call: TableCall) -> StorageAuthorization.Scope {
        switch call.resource {
        case .service: .service
        case .tables: .container("Tables")
        case .table(let name), .entity(let name, _): .table(name)
        // A token for one table names it; that the operations keep to it is seen when they are carried out.
        case .batch: .table(call.request.parameter("tn") ?? "")
        }
    }

    private func perform(_ call: TableCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        switch (call.method, call.resource) {
        case ("POST", .tables(nil)): return try create(call, grant)
        case ("GET", .tables(nil)): return try list(call, grant)
        case ("DELETE", .tables(let name?)): return try delete(name, grant)
        case ("GET", .tables(let name?)): return try readTable(name, call, grant)
        case ("GET", .table(let name)):
            guard call.request.parameter("comp") == nil else { throw .unsupportedQuery("comp") }
            return try query(name, call, grant)
        case ("GET", .entity(let name, let key)): return try read(name, key, call, grant)
        case ("POST", .batch): return try batch(call, grant)
        case ("GET", .service) where call.request.parameter("comp") == "properties": return Self.serviceProperties
        default:
            let change = try TableChange(call, grant, rules)
            return try state.withLock { state throws(StorageError) -> Response in
                try self.apply(change, to: &state)
            }
        }
    }

    private static let serviceProperties = Response(
        200,
        headers: [Field("Content-Type", "application/xml")],
        text: "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties><Cors />"
            + "</StorageServiceProperties>"
    )

    static let tableNotFound = StorageError(404, "TableNotFound", "The table specified does not exist.")
    static let notFound = StorageError(404, "ResourceNotFound", "The specified resource does not exist.")
}
