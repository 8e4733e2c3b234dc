import Synchronization

/// The SQL API of Cosmos DB: databases, containers, documents, queries and the change feed.
package final class CosmosService: Service {
    package static let ruleNames = [
        "cosmos.batch-atomic", "cosmos.batch-key", "cosmos.batch-limit", "cosmos.bulk-range", "cosmos.cascade",
        "cosmos.charge", "cosmos.continuation", "cosmos.control-plane", "cosmos.date", "cosmos.doubles",
        "cosmos.etag-changes", "cosmos.feed-end", "cosmos.feed-latest", "cosmos.feed-now", "cosmos.feed-since",
        "cosmos.feed-token", "cosmos.id-characters", "cosmos.if-match", "cosmos.if-none-match", "cosmos.intended-rid",
        "cosmos.item-conflict", "cosmos.item-size", "cosmos.key-change", "cosmos.key-mismatch", "cosmos.key-needed",
        "cosmos.minimal", "cosmos.name-conflict", "cosmos.new-rid", "cosmos.offer-kind", "cosmos.page-size",
        "cosmos.patch-condition", "cosmos.patch-limit", "cosmos.patch-path", "cosmos.plan-needed",
        "cosmos.query-filter", "cosmos.query-order", "cosmos.query-scope", "cosmos.range-filter", "cosmos.range-gone",
        "cosmos.range-parents", "cosmos.ranges-end", "cosmos.session", "cosmos.signature", "cosmos.sub-range",
        "cosmos.throughput", "cosmos.token",
        "cosmos.token-needs-tls", "cosmos.ttl", "cosmos.unique-key", "cosmos.upsert-status",
    ]

    /// The largest body of a document, and of a request.
    static let maximumItemBytes = 2 << 20

    package let name = "cosmos"
    let environment: Environment
    let state = Mutex(CosmosState())

    package init(_ environment: Environment) { self.environment = environment }

    var rules: Rules { environment.rules }

    package func reset() { state.withLock { $0 = CosmosState() } }

    package func answer(_ request: Request) async -> Response {
        let call = CosmosCall(request)
        var response: Response
        do throws(CosmosError) {
            let identity = try CosmosIdentity.check(call, environment)
            response = try state.withLock { state throws(CosmosError) -> Response in
                try self.perform(call, identity, &state)
            }
        } catch {
            response = Self.response(error)
        }
        if response.header("x-ms-request-charge") == nil { response.set("x-ms-request-charge", "1") }
        let charge = response.header("x-ms-request-charge").flatMap { Double($0) } ?? 0
        state.withLock { $0.charged += charge }
        if !rules.holds("cosmos.charge") { response.set("x-ms-request-charge", nil) }
        response.set("x-ms-activity-id", request.header("x-ms-activity-id") ?? randomIdentifier())
        response.set("x-ms-gatewayversion", "version=2.14.0")
        response.set("x-ms-serviceversion", "version=2.14.0.0")
        return response
    }

    static func response(_ error: CosmosError) -> Response {
        var response = error.status == 304 ? Response(304) : Response(error.status, json: error.json)
        if let substatus = error.substatus { response.set("x-ms-substatus", String(substatus)) }
        if let wait = error.retryAfterMilliseconds { response.set("x-ms-retry-after-ms", String(wait)) }
        if let charge = error.charge { response.set("x-ms-request-charge", Self.charge(charge)) }
        return response
    }

    private func perform(
        _ call: CosmosCall,
        _ identity: CosmosIdentity,
        _ state: inout CosmosState
    )
        throws(CosmosError) -> Response
    {
        let path = call.segments
        if path.isEmpty, call.request.method == "GET" { return account(call, state) }
        switch (path.first, path.count) {
        case ("offers", 1...2): return try offers(call, identity, &state)
        case ("dbs", 1...2): return try databases(call, identity, &state)
        case ("dbs", 3...4) where path[2] == "colls": return try containers(call, identity, &state)
        case ("dbs", 5...6) where path[2] == "colls":
            let container = try state.container(path[1], path[3])
            try checkIntended(call, container)
            if rules.holds("cosmos.ttl") { container.expire(at: environment.clock.now) }
            switch (path[4], path.count) {
            case ("docs", 5): return try documents(call, container, &state)
            case ("docs", 6): return try document(call, container, &state)
            case ("pkranges", 5) where call.request.method == "GET": return try rangesFeed(call, container)
            case ("operations", 6) where path[5] == "partitionkeydelete" && call.request.method == "POST":
                return try deleteAll(call, container)
            default: throw .notFound
            }
        default: throw .notFound
        }
    }

    /// The name of a container may stand for another one than the client thinks of.
    private func checkIntended(_ call: CosmosCall, _ container: CosmosContainer) throws(CosmosError) {
        guard let intended = call.header("x-ms-cosmos-intended-collection-rid"), rules.holds("cosmos.intended-rid")
        else { return }
        guard intended == container.rid else { throw .recreated }
    }

    /// What is sent to the collection of a container's documents.
    private func documents(
        _ call: CosmosCall,
        _ container: CosmosContainer,
        _ state: inout CosmosState
    )
        throws(CosmosError) -> Response
    {
        switch call.request.method {
        case "GET":
            if call.header("A-IM") != nil { return try changeFeed(call, container, &state) }
            return try query(call, container, &state, readsAll: true)
        case "POST":
            if call.isPlan { return try plan(call) }
            if call.isQuery { return try query(call, container, &state, readsAll: false) }
            if call.isBatch { return try batch(call, container, &state) }
            return try write(call, container, &state)
        default: throw .methodNotAllowed
        }
    }
}
