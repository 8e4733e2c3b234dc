/// Throughput: given when a resource is made, read and changed as an offer.
extension CosmosService {
    /// The throughput that a new resource is given, as the content of an offer.
    func throughput(_ call: CosmosCall, _ state: CosmosState) throws(CosmosError) -> JSON? {
        let manual = call.header("x-ms-offer-throughput")
        let automatic = call.header("x-ms-cosmos-offer-autopilot-settings")
        guard manual != nil || automatic != nil else { return nil }
        if state.settings.isServerless {
            throw .badRequest(
                "Setting offer throughput or autopilot on container is not supported for serverless accounts."
            )
        }
        if let automatic {
            guard manual == nil, let most = JSON(parsing: automatic)?["maxThroughput"]?.integer else {
                throw .badRequest("The autoscale settings are not valid.")
            }
            let content: JSON = [
                "offerThroughput": .integer(most / 10), "offerAutopilotSettings": ["maxThroughput": .integer(most)],
            ]
            try Self.checkThroughput(content)
            return content
        }
        guard let units = manual.flatMap({ Int($0) }) else { throw .badRequest("The throughput is no number.") }
        let content: JSON = ["offerThroughput": .integer(units), "offerIsRUPerMinuteThroughputEnabled": false]
        try Self.checkThroughput(content)
        return content
    }

    /// Manual throughput comes in steps of 100 from 400 on, the highest of autoscale in steps of 1,000.
    private static func checkThroughput(_ content: JSON) throws(CosmosError) {
        if let settings = content["offerAutopilotSettings"] {
            guard let most = settings["maxThroughput"]?.integer, most >= 1_000, most % 1_000 == 0 else {
                throw .badRequest("The highest throughput has to be a multiple of 1000 and at least 1000.")
            }
            return
        }
        guard let units = content["offerThroughput"]?.integer, units >= 400, units % 100 == 0 else {
            throw .badRequest("The throughput has to be a multiple of 100 and at least 400.")
        }
    }

    /// The content of an offer after a request to change it. Its kind changes only where a header says so, and then the service
    /// chooses the number.
    private func changed(_ known: JSON, to sent: JSON, _ call: CosmosCall) throws(CosmosError) -> JSON {
        let isAutomatic = known["offerAutopilotSettings"] != nil
        let most = known["offerAutopilotSettings"]?["maxThroughput"]?.integer ?? 0
        let units = known["offerThroughput"]?.integer ?? 0
        if call.header("x-ms-cosmos-migrate-offer-to-autopilot")?.lowercased() == "true" {
            guard !isAutomatic, sent["offerAutopilotSettings"] == nil else {
                throw .badRequest("The offer scales by itself already, or its content says how.")
            }
            let chosen = max(1_000, (units + 999) / 1_000 * 1_000)
            return [
                "offerThroughput": .integer(chosen / 10), "offerAutopilotSettings": ["maxThroughput": .integer(chosen)],
            ]
        }
        if call.header("x-ms-cosmos-migrate-offer-to-manual-throughput")?.lowercased() == "true" {
            guard isAutomatic else { throw .badRequest("The offer is manual already.") }
            return ["offerThroughput": .integer(most), "offerIsRUPerMinuteThroughputEnabled": false]
        }
        let changesKind = isAutomatic != (sent["offerAutopilotSettings"] != nil)
        if changesKind, rules.holds("cosmos.offer-kind") {
            throw .badRequest(
                "x-ms-cosmos-migrate-offer-to-autopilot or x-ms-cosmos-migrate-offer-to-manual-throughput must be supplied."
            )
        }
        return sent
    }

    func offers(
        _ call: CosmosCall,
        _ identity: CosmosIdentity,
        _ state: inout CosmosState
    ) throws(CosmosError)
        -> Response
    {
        try demandMaster(identity)
        let path = call.segments
        switch (call.request.method, path.count) {
        case ("POST", 1) where call.isQuery, ("GET", 1):
            let all = state.offers.sorted { $0.key < $1.key }.map(\.value)
            return try listed(call, all, rid: "", name: "Offers")
        case ("GET", 2):
            guard let offer = state.offers[path[1]] else { throw .notFound }
            var response = Self.resource(200, offer)
            let isAutomatic = offer["content"]?["offerAutopilotSettings"] != nil
            response.set("x-ms-cosmos-min-throughput", isAutomatic ? "1000" : "400")
            return response
        case ("PUT", 2):
            guard var offer = state.offers[path[1]] else { throw .notFound }
            guard let sent = try call.body()["content"], let known = offer["content"] else {
                throw .badRequest("The offer has no content.")
            }
            let content = try changed(known, to: sent, call)
            try Self.checkThroughput(content)
            offer["content"] = content
            offer["_etag"] = .string(newEtag())
            offer["_ts"] = .integer(Int(environment.clock.now.seconds))
            state.offers[path[1]] = offer
            for database in state.databases.values {
                for container in database.containers.values where container.link == offer["resource"]?.string {
                    container.budget = nil
                }
            }
            return Self.resource(200, offer)
        default: throw .methodNotAllowed
        }
    }
}

extension CosmosState {
    mutating func addOffer(_ content: JSON, of link: String, rid: String, at now: Moment, etag: String) {
        let id = CosmosRid.offer(nextOffer)
        nextOffer += 1
        offers[id] = [
            "resource": .string(link), "offerType": "Invalid", "offerResourceId": .string(rid), "offerVersion": "V2",
            "content": content, "id": .string(id), "_rid": .string(id), "_self": .string("offers/\(id)/"),
            "_etag": .string(etag), "_ts": .integer(Int(now.seconds)),
        ]
    }

    mutating func dropOffer(of link: String) {
        for (id, offer) in offers where offer["resource"]?.string == link { offers[id] = nil }
    }
}
