import Synchronization

/// Reading entities, one or many.
extension TableService {
    func filter(_ call: TableCall) throws(StorageError) -> TableFilter? {
        guard let text = call.request.parameter("$filter"), !text.trimmed.isEmpty, rules.holds("table.filter") else {
            return nil
        }
        return try TableFilter(text, rules)
    }

    /// The most entities of a page.
    func maximumEntities(_ call: TableCall) throws(StorageError) -> Int {
        guard let text = call.request.parameter("$top"), rules.holds("table.top") else { return 1_000 }
        guard let value = Int(text), (1...1_000).contains(value) else {
            throw StorageError(400, "InvalidInput", "One of the request inputs is not valid: $top.")
        }
        return value
    }

    /// The properties that an answer has; nil for all.
    private func selection(_ call: TableCall) -> Set<String>? {
        guard let text = call.request.parameter("$select"), !text.trimmed.isEmpty, text.trimmed != "*" else {
            return nil
        }
        guard rules.holds("table.select") else { return nil }
        return Set(text.split(separator: ",").map(\.trimmed))
    }

    func read(
        _ name: String,
        _ key: TableKey,
        _ call: TableCall,
        _ grant: StorageGrant
    ) throws(StorageError) -> Response {
        try grant.demand("r")
        let found = try state.withLock { state throws(StorageError) -> (Table?, TableEntity?) in
            let table = state.tables[self.key(name)]
            return (table, table?[key])
        }
        guard let table = found.0 else { throw Self.tableNotFound }
        guard let entity = found.1 else { throw Self.notFound }
        var json = json(entity, call, selection(call))
        if call.metadata != .none {
            let context = base(call.request) + "$metadata#\(table.name)/@Element"
            json = .object([JSON.Member("odata.metadata", .string(context))] + (json.members ?? []))
        }
        return Response(200, headers: [call.contentType, Field("ETag", entity.etag)], json: json)
    }

    /// A page of a query.
    private struct Page: Sendable {
        var entities: [TableEntity] = []
        var next: TableKey?
        var isEmptyPage = false
    }

    func query(_ name: String, _ call: TableCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("r")
        let filter = try filter(call)
        let maximum = try maximumEntities(call)
        let token = try Self.token(call.request)
        let selection = selection(call)
        let (page, tableName) = try state.withLock { state throws(StorageError) -> (Page, String) in
            guard let table = state.tables[self.key(name)] else { throw Self.tableNotFound }
            let start = TableKey(partition: ByteString(""), row: ByteString(""))
            if state.sendsEmptyPages, token?.cameFromEmptyPage != true {
                return (Page(next: token?.key ?? start, isEmptyPage: true), table.name)
            }
            return (self.page(&state.tables[self.key(name)]!, token?.key, filter, maximum), table.name)
        }
        var value: JSON = [:]
        if call.metadata != .none { value["odata.metadata"] = .string(base(call.request) + "$metadata#\(tableName)") }
        var entities = page.entities
        if !rules.holds("table.order") { entities.reverse() }
        value["value"] = .array(entities.map { json($0, call, selection) })
        var response = Response(200, headers: [call.contentType], json: value)
        if let next = page.next, rules.holds("table.continuation") {
            let flag: UInt8 = page.isEmptyPage ? 0x45 : 0x4E
            response.headers.append(Field("x-ms-continuation-NextPartitionKey", Self.text(next.partition, flag)))
            response.headers.append(Field("x-ms-continuation-NextRowKey", Self.text(next.row, flag)))
        }
        return response
    }

    private func page(_ table: inout Table, _ start: TableKey?, _ filter: TableFilter?, _ maximum: Int) -> Page {
        var page = Page()
        for partition in table.partitionKeys() {
            if let start, partition < start.partition { continue }
            for row in table.rows(partition) {
                if let start, partition == start.partition, row < start.row { continue }
                let key = TableKey(partition: partition, row: row)
                guard let entity = table[key] else { continue }
                guard filter?.holds(for: { entity[$0] }) ?? true else { continue }
                if page.entities.count == maximum {
                    page.next = key
                    return page
                }
                page.entities.append(entity)
            }
        }
        return page
    }

    /// An entity as an answer carries it, with the types that its text does not tell.
    func json(_ entity: TableEntity, _ call: TableCall, _ selection: Set<String>?) -> JSON {
        var members: [JSON.Member] = []
        if call.metadata != .none { members.append(JSON.Member("odata.etag", .string(entity.etag))) }
        func add(_ name: String, _ value: TableValue, annotated: Bool) {
            guard selection?.contains(name) ?? true else { return }
            if annotated, let type = value.annotation, rules.holds("table.type-annotations") {
                members.append(JSON.Member(name + "@odata.type", .string(type)))
            }
            members.append(JSON.Member(name, value.json))
        }
        add("PartitionKey", .string(entity.key.partition.text), annotated: false)
        add("RowKey", .string(entity.key.row.text), annotated: false)
        add("Timestamp", .dateTime(entity.timestamp), annotated: call.metadata == .full)
        for property in entity.properties { add(property.name, property.value, annotated: call.metadata != .none) }
        return .object(members)
    }

    /// A continuation: opaque to clients, the next key inside.
    private static func text(_ key: ByteString, _ flag: UInt8) -> String {
        let text = Base64.encode([flag] + key.bytes)
        return "1!\(text.utf8.count)!\(text)"
    }

    private static func token(_ request: Request) throws(StorageError) -> (key: TableKey, cameFromEmptyPage: Bool)? {
        guard let partition = request.parameter("NextPartitionKey") else { return nil }
        func decode(_ text: String) -> (UInt8, ByteString)? {
            let parts = text.split(separator: "!")
            guard parts.count == 3, parts[0] == "1", let bytes = Base64.decode(parts[2]), let flag = bytes.first else {
                return nil
            }
            return (flag, ByteString(String(decoding: bytes.dropFirst(), as: UTF8.self)))
        }
        guard let (flag, partitionKey) = decode(partition) else { throw .invalidQuery("NextPartitionKey") }
        guard let text = request.parameter("NextRowKey") else {
            return (TableKey(partition: partitionKey, row: ByteString("")), flag == 0x45)
        }
        guard let (_, row) = decode(text) else { throw .invalidQuery("NextRowKey") }
        return (TableKey(partition: partitionKey, row: row), flag == 0x45)
    }
}
