/// The containers of a database, and their ranges.
extension CosmosService {
    func containers(
        _ call: CosmosCall,
        _ identity: CosmosIdentity,
        _ state: inout CosmosState
    ) throws(CosmosError)
        -> Response
    {
        let path = call.segments
        let database = try state.database(path[1])
        switch (call.request.method, path.count) {
        case ("POST", 3) where call.isQuery, ("GET", 3):
            let all = database.containers.values.sorted { $0.numbers.container < $1.numbers.container }
            return try listed(call, all.map(\.definition), rid: database.rid, name: "DocumentCollections")
        case ("POST", 3):
            try demandMaster(identity)
            return try createContainer(call, database, &state)
        case ("GET", 4):
            let container = try state.container(path[1], path[3])
            return described(200, container)
        case ("PUT", 4):
            try demandMaster(identity)
            return try replaceContainer(call, try state.container(path[1], path[3]))
        case ("DELETE", 4):
            try demandMaster(identity)
            let container = try state.container(path[1], path[3])
            state.dropOffer(of: container.link)
            state.databases[ByteString(path[1])]?.containers[ByteString(path[3])] = nil
            if !rules.holds("cosmos.new-rid") { state.nextContainer = container.numbers.container }
            return Response(204)
        default: throw .methodNotAllowed
        }
    }

    private func described(_ status: Int, _ container: CosmosContainer) -> Response {
        var response = Self.resource(status, container.definition)
        response.set("x-ms-alt-content-path", String(container.path.prefix { $0 != "/" }))
        response.set("x-ms-cosmos-max-content-length", String(Self.maximumItemBytes))
        response.set("x-ms-documentdb-collection-index-transformation-progress", "100")
        response.set("x-ms-resource-usage", "documentsCount=\(container.items.count);")
        return response
    }

    private func createContainer(
        _ call: CosmosCall,
        _ database: CosmosDatabase,
        _ state: inout CosmosState
    )
        throws(CosmosError) -> Response
    {
        var definition = try call.body()
        let id = try resourceName(definition)
        if database.containers[ByteString(id)] != nil, rules.holds("cosmos.name-conflict") { throw .conflict }
        try Self.checkKey(definition["partitionKey"])
        try Self.checkTimeToLive(definition["defaultTtl"])
        let offer = try throughput(call, state)
        let number = state.nextContainer
        state.nextContainer += 1
        let rid = CosmosRid.container(database: database.number, number: number)
        let link = "dbs/\(database.rid)/colls/\(rid)/"
        complete(&definition, rid: rid, link: link)
        let container = CosmosContainer(
            definition: definition,
            rid: rid,
            link: link,
            path: "dbs/\(call.segments[1])/colls/\(id)",
            numbers: (database.number, number),
            ranges: state.settings.ranges
        )
        state.databases[ByteString(call.segments[1])]?.containers[ByteString(id)] = container
        let ownsThroughput = state.offer(of: "dbs/\(database.rid)/") == nil && !state.settings.isServerless
        if let offer = offer ?? (ownsThroughput ? ["offerThroughput": 400] : nil) {
            state.addOffer(offer, of: link, rid: rid, at: environment.clock.now, etag: newEtag())
        }
        return described(201, container)
    }

    /// What the service adds to a definition.
    private func complete(_ definition: inout JSON, rid: String, link: String) {
        let indexing: JSON = [
            "indexingMode": "consistent", "automatic": true, "includedPaths": [["path": "/*"]],
            "excludedPaths": [["path": "/\"_etag\"/?"]],
        ]
        let additions: [(String, JSON)] = [
            ("indexingPolicy", indexing),
            (
                "conflictResolutionPolicy",
                ["mode": "LastWriterWins", "conflictResolutionPath": "/_ts", "conflictResolutionProcedure": ""]
            ), ("geospatialConfig", ["type": "Geography"]),
        ]
        for (name, value) in additions where definition[name] == nil { definition[name] = value }
        let own: [(String, JSON)] = [
            ("_rid", .string(rid)), ("_ts", .integer(Int(environment.clock.now.seconds))), ("_self", .string(link)),
            ("_etag", .string(newEtag())), ("_docs", "docs/"), ("_sprocs", "sprocs/"), ("_triggers", "triggers/"),
            ("_udfs", "udfs/"), ("_conflicts", "conflicts/"),
        ]
        for (name, value) in own { definition[name] = value }
    }

    private func replaceContainer(_ call: CosmosCall, _ container: CosmosContainer) throws(CosmosError) -> Response {
        var definition = try call.body()
        guard definition["id"]?.string == container.id else { throw .badRequest("The id does not match the link.") }
        let key = container.definition["partitionKey"]
        if rules.holds("cosmos.key-change"), let new = definition["partitionKey"],
            new["paths"] != key?["paths"] || (new["kind"]?.string ?? "Hash") != (key?["kind"]?.string ?? "Hash")
        {
            throw .badRequest("The partition key definition of a container cannot be changed.")
        }
        try Self.checkTimeToLive(definition["defaultTtl"])
        if definition["partitionKey"] == nil { definition["partitionKey"] = key }
        if definition["uniqueKeyPolicy"] == nil, let policy = container.definition["uniqueKeyPolicy"] {
            definition["uniqueKeyPolicy"] = policy
        }
        complete(&definition, rid: container.rid, link: container.link)
        container.definition = definition
        container.refreshExpiry()
        return described(200, container)
    }

    private static func checkKey(_ key: JSON?) throws(CosmosError) {
        let paths = key?["paths"]?.array?.compactMap(\.string) ?? []
        let kind = key?["kind"]?.string ?? "Hash"
        let version = key?["version"]?.integer ?? 1
        let isWhole = paths.count == key?["paths"]?.array?.count
        let holds =
            kind == "MultiHash"
            ? (1...3).contains(paths.count) && version == 2
            : kind == "Hash" && paths.count == 1 && (1...2).contains(version)
        guard holds, isWhole, paths.allSatisfy({ $0.hasPrefix("/") && $0.count > 1 }) else {
            throw .badRequest("The partition key definition is missing or not valid.")
        }
    }

    static func checkTimeToLive(_ value: JSON?) throws(CosmosError) {
        guard let value else { return }
        guard let seconds = value.integer, seconds == -1 || (1...Int(Int32.max)).contains(seconds) else {
            throw .badRequest("The time to live has to be -1 or a positive number of seconds.")
        }
    }

    /// The ranges of a container as a feed that ends with 304.
    func rangesFeed(_ call: CosmosCall, _ container: CosmosContainer) throws(CosmosError) -> Response {
        let known = call.header("If-None-Match").flatMap { Int($0.filter { $0 != "\"" }) } ?? 0
        let etag = "\"\(container.rangesVersion)\""
        guard known < container.rangesVersion || !rules.holds("cosmos.ranges-end") else {
            var response = Self.response(.notModified)
            response.set("etag", etag)
            return response
        }
        let after = rules.holds("cosmos.ranges-end") ? known : known - 1
        var response = Response(200, json: container.rangesAnswer(after: after, rules))
        response.set("etag", etag)
        return response
    }

    /// Deletes all documents of a key.
    func deleteAll(_ call: CosmosCall, _ container: CosmosContainer) throws(CosmosError) -> Response {
        guard let key = try call.key() else { throw .badRequest("The partition key is missing.") }
        let range = container.range(at: container.place(key))
        container.removeAll(of: key, at: environment.clock.now)
        return answer(200, container, range, charge: 1)
    }
}
