/// One change of one document, alone or in a batch.
struct CosmosOperation: Sendable {
    enum Kind: Sendable { case create, upsert, read, replace, patch, delete }

    var kind: Kind
    var id: String
    /// The document or, for a patch, its operations and its condition.
    var body: JSON?
    var ifMatch: String?
    var ifNoneMatch: String?

    init(kind: Kind, id: String, body: JSON?, ifMatch: String? = nil, ifNoneMatch: String? = nil) {
        self.kind = kind
        self.id = id
        self.body = body
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    /// What came of it.
    struct Outcome: Sendable {
        var status: Int
        var item: CosmosItem
        var charge: Double
    }
}

extension CosmosService {
    /// Carries one operation out; nothing has changed if it throws.
    func perform(
        _ operation: CosmosOperation,
        key: [KeyComponent],
        _ container: CosmosContainer
    ) throws(CosmosError)
        -> CosmosOperation.Outcome
    {
        let id = ByteString(operation.id)
        let now = environment.clock.now
        let old = container.item(key, id)
        let oldBytes = old?.bytes.count ?? 0
        switch operation.kind {
        case .create:
            if old != nil, rules.holds("cosmos.item-conflict") { throw .conflict.priced(1.24) }
            let item = try container.put(operation.body ?? .null, key: key, id: id, at: now, rules)
            return CosmosOperation.Outcome(status: 201, item: item, charge: Self.writeCharge(item.bytes.count))
        case .upsert:
            // What the service does with a condition on a document that is not there is unconfirmed.
            try checkMatch(operation, old)
            let item = try container.put(operation.body ?? .null, key: key, id: id, at: now, rules)
            let status = old == nil || !rules.holds("cosmos.upsert-status") ? 201 : 200
            let charge = Self.writeCharge(item.bytes.count) + (old == nil ? 0 : Self.writeCharge(oldBytes) * 0.8)
            return CosmosOperation.Outcome(status: status, item: item, charge: charge)
        case .read:
            guard let old else { throw .notFound.priced(1) }
            if operation.ifNoneMatch == old.etag, rules.holds("cosmos.if-none-match") { throw .notModified }
            return CosmosOperation.Outcome(status: 200, item: old, charge: Self.readCharge(oldBytes))
        case .replace:
            guard let old else { throw .notFound.priced(1.24) }
            try checkMatch(operation, old)
            let item = try container.put(operation.body ?? .null, key: key, id: id, at: now, rules)
            let charge = Self.writeCharge(item.bytes.count) + Self.writeCharge(oldBytes) * 0.8
            return CosmosOperation.Outcome(status: 200, item: item, charge: charge)
        case .patch:
            guard let old else { throw .notFound.priced(1.24) }
            try checkMatch(operation, old)
            let patch = try CosmosPatch(operation.body ?? .null, container.paths, rules)
            guard try patch.holds(for: old.body, rules) else { throw .preconditionFailed.priced(1.24) }
            let body = try checked(try patch.applied(to: old.body, rules))
            let item = try container.put(body, key: key, id: id, at: now, rules)
            let charge = Self.writeCharge(item.bytes.count) + Self.writeCharge(oldBytes) * 0.8
            return CosmosOperation.Outcome(status: 200, item: item, charge: charge)
        case .delete:
            guard let old else { throw .notFound.priced(1.24) }
            try checkMatch(operation, old)
            container.remove(old, at: now)
            return CosmosOperation.Outcome(status: 204, item: old, charge: Self.writeCharge(oldBytes))
        }
    }

    private func checkMatch(_ operation: CosmosOperation, _ old: CosmosItem?) throws(CosmosError) {
        guard let wanted = operation.ifMatch, rules.holds("cosmos.if-match") else { return }
        guard let old, wanted == "*" || wanted == old.etag else {
            throw .preconditionFailed.priced(1.24)
        }
    }
}
