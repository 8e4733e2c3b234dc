internal import CutoverAzureTransport
internal import MigrationCore

/// The throughput of a container or a database as the service keeps it: a resource of its own.
struct CosmosOffer: Sendable {
    let id: String
    let throughput: CosmosThroughput
    /// The least that the service takes now; nil when it does not say.
    let minimum: Int?
    /// The whole resource, for a replacement of it.
    let body: Document

    init?(_ body: Document, minimum: Int?) {
        guard case .string(let id)? = body["id"], case .document(let content)? = body["content"] else { return nil }
        if case .document(let settings)? = content["offerAutopilotSettings"],
            let maximum = EventItems.integer(settings["maxThroughput"])
        {
            throughput = .autoscale(maximum: Int(clamping: maximum))
        } else if let units = EventItems.integer(content["offerThroughput"]) {
            throughput = .manual(Int(clamping: units))
        } else {
            return nil
        }
        (self.id, self.minimum, self.body) = (id, minimum, body)
    }

    /// The resource with another throughput of the same kind.
    func body(with throughput: CosmosThroughput) -> Document {
        guard let units = throughput.unitsPerSecond, case .document(var content)? = body["content"] else { return body }
        let number = Value.int32(Int32(clamping: units))
        if throughput.isAutoscale {
            var settings = Document()
            if case .document(let known)? = content["offerAutopilotSettings"] { settings = known }
            settings["maxThroughput"] = number
            content["offerAutopilotSettings"] = .document(settings)
        } else {
            content["offerThroughput"] = number
        }
        var body = body
        body["content"] = .document(content)
        return body
    }
}

extension CosmosGateway {
    /// Reads the offer of a resource, which is named by its `_self`; nil when it has none of its own.
    func offer(of link: String, _ context: StoreError.Context) async throws(StoreError) -> CosmosOffer? {
        let query: Document = [
            "query": "SELECT * FROM root r WHERE r.resource=@link",
            "parameters": [["name": "@link", "value": .string(link)]],
        ]
        let found = try await offers(
            Call(
                operation: "query_offers",
                method: .post,
                path: ["offers"],
                headers: ["Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True"],
                body: query.jsonBytes()
            ),
            context
        )
        guard case .array(let elements)? = Self.json(found)?["Offers"] else { throw Self.strange(context) }
        guard case .document(let body)? = elements.first else { return nil }
        guard case .string(let id)? = body["id"] else { throw Self.strange(context) }
        // The query does not tell the minimum.
        let read = try await offers(Call(operation: "read_offer", method: .get, path: ["offers", id]), context)
        return try offer(read, context)
    }

    /// Gives a resource another throughput, manual or autoscale.
    ///
    /// The service changes the kind and chooses the number, so that a second request sets that.
    ///
    /// - Returns: nil when the resource has no throughput of its own.
    func setThroughput(
        _ throughput: CosmosThroughput,
        of link: String,
        _ context: StoreError.Context
    ) async throws(StoreError) -> CosmosOffer? {
        guard var offer = try await offer(of: link, context) else { return nil }
        if offer.throughput.isAutoscale != throughput.isAutoscale {
            offer = try await changeKind(of: offer, link, to: throughput, context)
        }
        guard offer.throughput != throughput else { return offer }
        return try await replace(offer, offer.body(with: throughput), [:], context)
    }

    /// Asks the service for the other kind. A request that was sent again, or another process, may have changed it already.
    private func changeKind(
        of offer: CosmosOffer,
        _ link: String,
        to throughput: CosmosThroughput,
        _ context: StoreError.Context
    ) async throws(StoreError) -> CosmosOffer {
        let field =
            throughput.isAutoscale
            ? "x-ms-cosmos-migrate-offer-to-autopilot" : "x-ms-cosmos-migrate-offer-to-manual-throughput"
        var changed: CosmosOffer?
        var refusal = Self.strange(context)
        do throws(StoreError) {
            changed = try await replace(offer, offer.body, [field: "true"], context)
        } catch  where error.code == .invalidArgument || error.code == .outcomeUnknown {
            refusal = error
            changed = try await self.offer(of: link, context)
        }
        guard let changed, changed.throughput.isAutoscale == throughput.isAutoscale else { throw refusal }
        return changed
    }

    private func replace(
        _ offer: CosmosOffer,
        _ body: Document,
        _ headers: HTTPHeaders,
        _ context: StoreError.Context
    ) async throws(StoreError) -> CosmosOffer {
        let call = Call(
            operation: "replace_offer",
            method: .put,
            path: ["offers", offer.id],
            headers: headers,
            body: body.jsonBytes(),
            effect: .repeatableWrite
        )
        let changed = try self.offer(try await offers(call, context), context)
        // The answer to a change does not tell the minimum.
        return changed.minimum == nil ? CosmosOffer(changed.body, minimum: offer.minimum) ?? changed : changed
    }

    private func offer(_ response: HTTPResponse, _ context: StoreError.Context) throws(StoreError) -> CosmosOffer {
        let minimum = response.headers["x-ms-cosmos-min-throughput"].flatMap { Int($0) }
        guard let body = Self.json(response), let offer = CosmosOffer(body, minimum: minimum) else {
            throw Self.strange(context)
        }
        return offer
    }

    private func offers(_ call: Call, _ context: StoreError.Context) async throws(StoreError) -> HTTPResponse {
        do throws(AzureError) { return try await send(call).response } catch { throw error.storeError(context) }
    }
}
