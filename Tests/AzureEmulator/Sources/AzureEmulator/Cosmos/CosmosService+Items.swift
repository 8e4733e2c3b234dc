/// Single documents: create, upsert, read, replace, patch and delete.
extension CosmosService {
    /// `POST docs`: a create or, with its header, an upsert.
    func write(
        _ call: CosmosCall,
        _ container: CosmosContainer,
        _ state: inout CosmosState
    ) throws(CosmosError)
        -> Response
    {
        let body = try document(call)
        let key = try documentKey(call, body, container)
        try admit(container, container.range(at: container.place(key)), state)
        let change = CosmosOperation(
            kind: call.isUpsert ? .upsert : .create,
            id: body["id"]?.string ?? "",
            body: body,
            ifMatch: call.header("If-Match")
        )
        let outcome = try perform(change, key: key, container)
        return answer(outcome.status, call, container, item: outcome.item, charge: outcome.charge)
    }

    /// `docs/ID`.
    func document(
        _ call: CosmosCall,
        _ container: CosmosContainer,
        _ state: inout CosmosState
    ) throws(CosmosError)
        -> Response
    {
        let id = call.segments[5]
        guard let header = try call.key() else {
            guard !rules.holds("cosmos.key-needed") else { throw .keyNeeded }
            return answer(204, container, nil, charge: 1)
        }
        let key = try whole(header, container)
        let range = container.range(at: container.place(key))
        try admit(container, range, state)
        switch call.request.method {
        case "GET":
            try checkSession(call, container, [range], &state)
            return try read(call, container, range, key, ByteString(id))
        case "PUT":
            let body = try document(call)
            _ = try documentKey(call, body, container)
            guard let own = body["id"]?.string, JSON.isSame(own, id) else {
                throw .badRequest("The id of the body is not that of the link.")
            }
            let change = CosmosOperation(kind: .replace, id: id, body: body, ifMatch: call.header("If-Match"))
            let outcome = try perform(change, key: key, container)
            return answer(outcome.status, call, container, item: outcome.item, charge: outcome.charge)
        case "PATCH":
            let change = CosmosOperation(
                kind: .patch,
                id: id,
                body: try call.body(),
                ifMatch: call.header("If-Match")
            )
            let outcome = try perform(change, key: key, container)
            return answer(outcome.status, call, container, item: outcome.item, charge: outcome.charge)
        case "DELETE":
            let change = CosmosOperation(kind: .delete, id: id, body: nil, ifMatch: call.header("If-Match"))
            let outcome = try perform(change, key: key, container)
            return answer(204, container, range, charge: outcome.charge)
        default: throw .methodNotAllowed
        }
    }

    private func read(
        _ call: CosmosCall,
        _ container: CosmosContainer,
        _ range: CosmosRange,
        _ key: [KeyComponent],
        _ id: ByteString
    ) throws(CosmosError) -> Response {
        guard let item = container.item(key, id) else { throw .notFound }
        if call.header("If-None-Match") == item.etag, rules.holds("cosmos.if-none-match") {
            var response = answer(304, container, range, charge: 1)
            response.set("etag", item.etag)
            return response
        }
        return answer(200, call, container, item: item, charge: Self.readCharge(item.bytes.count))
    }

    /// The document of a request's body.
    private func document(_ call: CosmosCall) throws(CosmosError) -> JSON {
        if call.request.body.count > Self.maximumItemBytes, rules.holds("cosmos.item-size") { throw .tooLarge }
        return try checked(try call.body(maximumDepth: 128))
    }

    /// A document that may be stored; its numbers are doubles from here on.
    func checked(_ body: JSON) throws(CosmosError) -> JSON {
        guard case .object = body else { throw .badRequest("A document has to be an object.") }
        guard let id = body["id"]?.string, !id.isEmpty else { throw .badRequest("The document has no id.") }
        if rules.holds("cosmos.id-characters") {
            guard id.utf8.count <= 1_023, !id.utf8.contains(where: { $0 == 0x2F || $0 == 0x5C }) else {
                throw .badRequest("The id of the document is too long or has forbidden characters.")
            }
        }
        try Self.checkTimeToLive(body["ttl"])
        return rules.holds("cosmos.doubles") ? CosmosNumber.stored(body) : body
    }

    /// The key of a document, which has to be that of the header.
    private func documentKey(
        _ call: CosmosCall,
        _ body: JSON,
        _ container: CosmosContainer
    ) throws(CosmosError)
        -> [KeyComponent]
    {
        let key = container.key(of: body)
        guard let header = try call.key() else {
            guard !rules.holds("cosmos.key-needed") else { throw .keyNeeded }
            return key
        }
        guard try whole(header, container) == key || !rules.holds("cosmos.key-mismatch") else { throw .keyMismatch }
        return key
    }

    /// A key with all its levels.
    func whole(_ key: [KeyComponent], _ container: CosmosContainer) throws(CosmosError) -> [KeyComponent] {
        // A container whose documents never had a key is addressed with an empty one.
        if key.isEmpty { return container.paths.map { _ in .undefined } }
        guard key.count == container.paths.count else { throw .keyMismatch }
        return key
    }
}
