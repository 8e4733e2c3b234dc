/// A change of one entity, alone or in a transaction.
struct TableChange: Sendable {
    enum Kind: Sendable {
        case insert, replace, merge, delete
    }

    let kind: Kind
    let table: String
    let key: TableKey
    let properties: [TableEntity.Property]
    let ifMatch: String?
    let call: TableCall

    init(_ call: TableCall, _ grant: StorageGrant, _ rules: Rules) throws(StorageError) {
        self.call = call
        switch (call.method, call.resource) {
        case ("POST", .table(let name)):
            try grant.demand("aw")
            kind = .insert
            table = name
            let (keys, properties) = try call.entity(rules)
            guard let partition = keys.0, let row = keys.1 else {
                throw StorageError(
                    400,
                    "PropertiesNeedValue",
                    "The values are not specified for all properties in the entity."
                )
            }
            key = TableKey(partition: ByteString(partition), row: ByteString(row))
            self.properties = properties
        case ("PUT", .entity(let name, let key)), ("PATCH", .entity(let name, let key)),
            ("MERGE", .entity(let name, let key)):
            kind = call.method == "PUT" ? .replace : .merge
            table = name
            self.key = key
            try grant.demand("uw")
            if call.request.header("If-Match") == nil, !grant.has("a"), !grant.has("w") {
                throw .noPermission
            }
            let (keys, properties) = try call.entity(rules)
            let agrees =
                (keys.0.map { ByteString($0) == key.partition } ?? true)
                && (keys.1.map { ByteString($0) == key.row } ?? true)
            guard agrees else {
                throw StorageError(
                    400,
                    "InvalidInput",
                    "One of the request inputs is not valid: the keys differ from the URI's."
                )
            }
            self.properties = properties
        case ("DELETE", .entity(let name, let key)):
            try grant.demand("d")
            kind = .delete
            table = name
            self.key = key
            properties = []
            guard call.request.header("If-Match") != nil || !rules.holds("table.delete-needs-if-match") else {
                throw .missingHeader("If-Match")
            }
        default: throw .unsupportedVerb
        }
        ifMatch = rules.holds("table.if-match") ? call.request.header("If-Match") : nil
        try TableCall.check(key, rules)
    }
}

extension TableService {
    /// Applies a change to a state, which a transaction throws away if a later change fails.
    func apply(_ change: TableChange, to state: inout State) throws(StorageError) -> Response {
        guard state.tables[key(change.table)] != nil else { throw Self.tableNotFound }
        let existing = state.tables[key(change.table)]?[change.key]
        if let wanted = change.ifMatch, change.kind != .insert {
            guard let existing else { throw Self.notFound }
            guard wanted == "*" || wanted == existing.etag else {
                throw StorageError(
                    412,
                    "UpdateConditionNotSatisfied",
                    "The update condition specified in the request was not satisfied."
                )
            }
        }
        switch change.kind {
        case .insert:
            if existing != nil, rules.holds("table.insert-conflict") {
                throw StorageError(409, "EntityAlreadyExists", "The specified entity already exists.")
            }
        case .delete:
            guard let existing else { throw Self.notFound }
            state.bytes -= existing.size
            state.tables[key(change.table)]?[change.key] = nil
            return Response(204)
        case .replace, .merge: break
        }
        let entity = try entity(change, existing)
        state.bytes += entity.size - (existing?.size ?? 0)
        guard state.bytes <= Self.maximumBytes else {
            throw StorageError(503, "ServerBusy", "The emulator holds as much as it is allowed to.")
        }
        state.tables[key(change.table)]?[change.key] = entity
        guard change.kind == .insert else { return Response(204, headers: [Field("ETag", entity.etag)]) }
        return inserted(entity, change, tableName: state.tables[key(change.table)]?.name ?? change.table)
    }

    private func entity(_ change: TableChange, _ existing: TableEntity?) throws(StorageError) -> TableEntity {
        var properties = change.properties
        let keepsOld =
            change.kind == .merge && rules.holds("table.merge-keeps")
            || change.kind == .replace && !rules.holds("table.replace-drops")
        if keepsOld, let existing {
            let new = Dictionary(properties.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
            let old = Set(existing.properties.map(\.name))
            properties =
                existing.properties.map { TableEntity.Property(name: $0.name, value: new[$0.name] ?? $0.value) }
                + properties.filter { !old.contains($0.name) }
        }
        var timestamp = environment.clock.tick()
        if let existing, !rules.holds("table.etag-changes") { timestamp = existing.timestamp }
        if !rules.holds("table.timestamp") { timestamp = Moment(seconds: 0) }
        let entity = TableEntity(key: change.key, timestamp: timestamp, properties: properties)
        if rules.holds("table.limits") {
            guard entity.size <= 1 << 20 else {
                throw StorageError(
                    400,
                    "EntityTooLarge",
                    "The entity is larger than the maximum allowed size (1MB)."
                )
            }
            guard properties.count <= 252 else {
                throw StorageError(400, "TooManyProperties", "The entity contains more properties than allowed.")
            }
        }
        return entity
    }

    private func inserted(_ entity: TableEntity, _ change: TableChange, tableName: String) -> Response {
        let call = change.call
        func quoted(_ key: ByteString) -> String { Percent.encode(key.text.replacing("'", with: "''")) }
        let location =
            base(call.request)
            + "\(tableName)(PartitionKey='\(quoted(entity.key.partition))',RowKey='\(quoted(entity.key.row))')"
        var headers = [Field("ETag", entity.etag), Field("Location", location)]
        if call.wantsNoContent {
            headers += [Field("Preference-Applied", "return-no-content"), Field("DataServiceId", location)]
            return Response(204, headers: headers)
        }
        var json = json(entity, call, nil)
        if call.metadata != .none {
            let context = base(call.request) + "$metadata#\(tableName)/@Element"
            json = .object([JSON.Member("odata.metadata", .string(context))] + (json.members ?? []))
        }
        return Response(201, headers: headers + [call.contentType], json: json)
    }
}
