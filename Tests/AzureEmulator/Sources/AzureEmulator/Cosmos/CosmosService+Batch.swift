/// Batches: within one key all or nothing, within one range each operation for itself.
extension CosmosService {
    static let maximumBatchOperations = 100

    func batch(
        _ call: CosmosCall,
        _ container: CosmosContainer,
        _ state: inout CosmosState
    ) throws(CosmosError)
        -> Response
    {
        guard call.request.body.count <= Self.maximumItemBytes || !rules.holds("cosmos.item-size") else {
            throw .tooLarge
        }
        guard let operations = try call.body().array, !operations.isEmpty else {
            throw .badRequest("A batch is a list of operations.")
        }
        if rules.holds("cosmos.batch-limit"), operations.count > Self.maximumBatchOperations {
            throw .badRequest("Batch request has more operations than what is supported.")
        }
        if call.flag("x-ms-cosmos-batch-atomic") {
            guard let header = try call.key() else { throw .keyNeeded }
            return try transaction(operations, try whole(header, container), container, state)
        }
        guard let id = call.rangeIdentifier else { throw .badRequest("A batch that is not atomic needs a range.") }
        return bulk(operations, try container.range(id, rules), container, state)
    }

    // MARK: Within one key

    private func transaction(
        _ operations: [JSON],
        _ key: [KeyComponent],
        _ container: CosmosContainer,
        _ state: CosmosState
    ) throws(CosmosError) -> Response {
        let range = container.range(at: container.place(key))
        try admit(container, range, state)
        var results: [JSON] = []
        var charge = 0.0
        let body = { () throws(CosmosError) -> Void in
            for operation in operations {
                do throws(CosmosError) {
                    let outcome = try self.perform(try self.read(operation, key, container), key: key, container)
                    charge += outcome.charge
                    results.append(Self.result(outcome))
                } catch {
                    charge += error.charge ?? 1
                    results.append(Self.result(error))
                    throw error
                }
            }
        }
        do throws(CosmosError) {
            if rules.holds("cosmos.batch-atomic") { try container.transaction(body) } else { try body() }
            return answer(200, container, range, charge: charge, body: JSON.array(results).bytes)
        } catch {
            // Nothing of it was done: the culprit has its own status, all others have failed with it.
            let culprit = results.count - 1
            let dependent: JSON = ["statusCode": 424, "requestCharge": 0]
            let all = operations.indices.map { $0 == culprit ? results[culprit] : dependent }
            return answer(207, container, range, charge: charge, body: JSON.array(all).bytes)
        }
    }

    // MARK: Within one range

    private func bulk(
        _ operations: [JSON],
        _ range: CosmosRange,
        _ container: CosmosContainer,
        _ state: CosmosState
    )
        -> Response
    {
        var results: [JSON] = []
        var charge = 0.0
        for operation in operations {
            do throws(CosmosError) {
                guard let text = operation["partitionKey"]?.string else { throw .keyNeeded }
                let key = try whole(try CosmosCall.key(text), container)
                guard range.contains(container.place(key)) || !rules.holds("cosmos.bulk-range") else {
                    throw .rangeGone
                }
                try admit(container, range, state)
                let outcome = try perform(try read(operation, key, container), key: key, container)
                charge += outcome.charge
                // Each operation uses up units before the next one is looked at.
                container.budget?.spend(outcome.charge, range: range.id)
                results.append(Self.result(outcome, minimal: operation["minimalReturnPreference"]?.bool ?? false))
            } catch {
                charge += error.charge ?? 0
                results.append(Self.result(error))
            }
        }
        let hasFailed = results.contains { ($0["statusCode"]?.integer ?? 0) >= 400 }
        var response = answer(hasFailed ? 207 : 200, container, nil, charge: charge, body: JSON.array(results).bytes)
        response.set("x-ms-documentdb-partitionkeyrangeid", range.id)
        response.set("x-ms-session-token", range.sessionToken)
        return response
    }

    // MARK: Operations and their results

    private func read(
        _ json: JSON,
        _ key: [KeyComponent],
        _ container: CosmosContainer
    ) throws(CosmosError)
        -> CosmosOperation
    {
        let kinds: [String: CosmosOperation.Kind] = [
            "Create": .create, "Upsert": .upsert, "Read": .read, "Replace": .replace, "Patch": .patch,
            "Delete": .delete,
        ]
        guard let kind = json["operationType"]?.string.flatMap({ kinds[$0] }) else {
            throw .badRequest("An operation of the batch has no known type.")
        }
        var body = json["resourceBody"]
        if kind == .create || kind == .upsert || kind == .replace {
            let document = try checked(body ?? .null)
            guard container.key(of: document) == key || !rules.holds("cosmos.batch-key") else { throw .keyMismatch }
            body = document
        }
        guard let id = json["id"]?.string ?? body?["id"]?.string else {
            throw .badRequest("An operation of the batch has no id.")
        }
        if kind == .replace, !JSON.isSame(body?["id"]?.string ?? "", id) {
            throw .badRequest("The id of the body is not that of the link.")
        }
        return CosmosOperation(
            kind: kind,
            id: id,
            body: body,
            ifMatch: json["ifMatch"]?.string,
            ifNoneMatch: json["ifNoneMatch"]?.string
        )
    }

    private static func result(_ outcome: CosmosOperation.Outcome, minimal: Bool = false) -> JSON {
        var json: JSON = [
            "statusCode": .integer(outcome.status), "requestCharge": .number(charge(outcome.charge)),
        ]
        guard outcome.status != 204 else { return json }
        json["eTag"] = .string(outcome.item.etag)
        if !minimal { json["resourceBody"] = outcome.item.body }
        return json
    }

    private static func result(_ error: CosmosError) -> JSON {
        var json: JSON = [
            "statusCode": .integer(error.status), "requestCharge": .number(charge(error.charge ?? 0)),
            "message": .string(error.message),
        ]
        if let substatus = error.substatus { json["subStatusCode"] = .integer(substatus) }
        if let wait = error.retryAfterMilliseconds { json["retryAfterMilliseconds"] = .integer(wait) }
        return json
    }
}
