/// The account and its databases.
extension CosmosService {
    func account(_ call: CosmosCall, _ state: CosmosState) -> Response {
        let here: JSON = [
            ["name": "Emulator", "databaseAccountEndpoint": .string(call.request.origin + "/")]
        ]
        return Response(
            200,
            json: [
                "_self": "", "id": "emulator", "_rid": "emulator", "media": "//media/", "addresses": "//addresses/",
                "_dbs": "//dbs/", "writableLocations": state.settings.writableLocations ?? here,
                "readableLocations": state.settings.readableLocations ?? here, "enableMultipleWriteLocations": false,
                "userReplicationPolicy": ["asyncReplication": false, "minReplicaSetSize": 1, "maxReplicasetSize": 4],
                "userConsistencyPolicy": ["defaultConsistencyLevel": .string(state.settings.consistency)],
                "systemReplicationPolicy": ["minReplicaSetSize": 1, "maxReplicasetSize": 4],
                "readPolicy": ["primaryReadCoefficient": 1, "secondaryReadCoefficient": 1],
                "queryEngineConfiguration": "{}",
            ]
        )
    }

    func databases(
        _ call: CosmosCall,
        _ identity: CosmosIdentity,
        _ state: inout CosmosState
    ) throws(CosmosError)
        -> Response
    {
        let path = call.segments
        switch (call.request.method, path.count) {
        case ("POST", 1) where call.isQuery, ("GET", 1):
            let all = state.databases.values.sorted { $0.number < $1.number }.map(\.json)
            return try listed(call, all, rid: "", name: "Databases")
        case ("POST", 1):
            try demandMaster(identity)
            return try createDatabase(call, &state)
        case ("GET", 2): return Self.resource(200, try state.database(path[1]).json)
        case ("DELETE", 2):
            try demandMaster(identity)
            let database = try state.database(path[1])
            for container in database.containers.values { state.dropOffer(of: container.link) }
            state.dropOffer(of: database.json["_self"]?.string ?? "")
            state.databases[ByteString(path[1])] = nil
            if !rules.holds("cosmos.cascade") { state.forgotten[ByteString(path[1])] = database.containers }
            return Response(204)
        default: throw .methodNotAllowed
        }
    }

    /// What changes an account's resources needs the key and no token.
    func demandMaster(_ identity: CosmosIdentity) throws(CosmosError) {
        if identity == .token, rules.holds("cosmos.control-plane") { throw .controlPlane }
    }

    private func createDatabase(_ call: CosmosCall, _ state: inout CosmosState) throws(CosmosError) -> Response {
        let body = try call.body()
        let id = try resourceName(body)
        if state.databases[ByteString(id)] != nil, rules.holds("cosmos.name-conflict") { throw .conflict }
        let number = state.nextDatabase
        let rid = CosmosRid.database(number)
        let link = "dbs/\(rid)/"
        let offer = try throughput(call, state)
        state.nextDatabase += 1
        let json: JSON = [
            "id": .string(id), "_rid": .string(rid), "_self": .string(link), "_etag": .string(newEtag()),
            "_colls": "colls/", "_users": "users/", "_ts": .integer(Int(environment.clock.now.seconds)),
        ]
        var database = CosmosDatabase(number: number, rid: rid, json: json)
        database.containers = state.forgotten.removeValue(forKey: ByteString(id)) ?? [:]
        state.databases[ByteString(id)] = database
        if let offer { state.addOffer(offer, of: link, rid: rid, at: environment.clock.now, etag: newEtag()) }
        return Self.resource(201, json)
    }

    /// The name of a new database or container.
    func resourceName(_ body: JSON) throws(CosmosError) -> String {
        guard let id = body["id"]?.string, !id.isEmpty, id.count <= 255, !id.contains(where: { "/\\#?".contains($0) })
        else { throw .badRequest("The id of the resource is missing or has forbidden characters.") }
        return id
    }

    /// An entity tag of a resource that is no document.
    func newEtag() -> String { "\"" + randomIdentifier() + "\"" }

    static func resource(_ status: Int, _ json: JSON) -> Response {
        var response = Response(status, json: json)
        if let etag = json["_etag"]?.string { response.set("etag", etag) }
        return response
    }

    /// Resources in a list, those that a query selects if there is one.
    func listed(_ call: CosmosCall, _ all: [JSON], rid: String, name: String) throws(CosmosError) -> Response {
        var all = all
        if call.isQuery {
            let query = try CosmosQuery(try call.body(), rules)
            all = try query.rows(all)
        }
        return Response(
            200,
            json: .object([
                JSON.Member("_rid", .string(rid)), JSON.Member(name, .array(all)),
                JSON.Member("_count", .integer(all.count)),
            ])
        )
    }
}
