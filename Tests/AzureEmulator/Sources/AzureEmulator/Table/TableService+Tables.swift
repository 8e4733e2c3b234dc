import Synchronization

/// The tables of the account.
extension TableService {
    func create(_ call: TableCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("cwa")
        guard let name = JSON(parsing: call.request.body)?["TableName"]?.string else {
            throw StorageError(400, "InvalidInput", "One of the request inputs is not valid.")
        }
        guard Self.isTableName(name) else {
            throw StorageError(400, "InvalidResourceName", "The specifed resource name contains invalid characters.")
        }
        let now = environment.clock.now
        try state.withLock { state throws(StorageError) in
            if let until = state.deletedUntil[name.lowercased()], now < until {
                throw StorageError(
                    409,
                    "TableBeingDeleted",
                    "The specified table is being deleted. Try operation later."
                )
            }
            if state.tables[self.key(name)] != nil {
                guard self.rules.holds("table.table-conflict") else { return }
                throw StorageError(409, "TableAlreadyExists", "The table specified already exists.")
            }
            state.tables[self.key(name)] = Table(name: name)
        }
        let location = base(call.request) + "Tables('\(name)')"
        if call.wantsNoContent {
            return Response(
                204,
                headers: [
                    Field("Preference-Applied", "return-no-content"), Field("Location", location),
                    Field("DataServiceId", location),
                ]
            )
        }
        var json: JSON = ["TableName": .string(name)]
        if call.metadata != .none {
            json = .object(
                [JSON.Member("odata.metadata", .string(base(call.request) + "$metadata#Tables/@Element"))]
                    + (json.members ?? [])
            )
        }
        return Response(201, headers: [call.contentType, Field("Location", location)], json: json)
    }

    /// Letters and digits, a letter first, 3 to 63; not the name of the list of tables.
    private static func isTableName(_ name: String) -> Bool {
        guard (3...63).contains(name.utf8.count), !name.equalsIgnoringCase("tables") else { return false }
        return name.utf8.enumerated().allSatisfy { index, byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (index > 0 && (0x30...0x39).contains(byte))
        }
    }

    /// What a table is found by: its name in any spelling.
    func key(_ name: String) -> String { rules.holds("table.name-case") ? name.lowercased() : name }

    /// The address of the account, as the client wrote it.
    func base(_ request: Request) -> String { request.origin + "/\(environment.accounts.storageName)/" }

    func delete(_ name: String, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("d")
        let now = environment.clock.now
        try state.withLock { state throws(StorageError) in
            guard let table = state.tables.removeValue(forKey: self.key(name)) else { throw Self.notFound }
            for partition in table.partitions.values {
                state.bytes -= partition.entities.values.reduce(0) { $0 + $1.size }
            }
            if state.deletionSeconds > 0 {
                state.deletedUntil[name.lowercased()] = now.adding(seconds: state.deletionSeconds)
            }
        }
        return Response(204)
    }

    func readTable(_ name: String, _ call: TableCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("rl")
        guard let table = state.withLock({ $0.tables[key(name)] }) else { throw Self.notFound }
        return Response(200, headers: [call.contentType], json: ["TableName": .string(table.name)])
    }

    func list(_ call: TableCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("l")
        let filter = try filter(call)
        let maximum = try maximumEntities(call)
        let from = call.request.parameter("NextTableName")
        var names = state.withLock { $0.tables.values.map(\.name) }.sorted { $0.lowercased() < $1.lowercased() }
        if let from, rules.holds("table.continuation") { names = names.filter { $0.lowercased() >= from.lowercased() } }
        if let filter { names = names.filter { name in filter.holds { $0 == "TableName" ? .string(name) : nil } } }
        let page = names.prefix(maximum)
        var json: JSON = [:]
        if call.metadata != .none { json["odata.metadata"] = .string(base(call.request) + "$metadata#Tables") }
        json["value"] = .array(page.map { ["TableName": .string($0)] })
        var response = Response(200, headers: [call.contentType], json: json)
        if let next = names.dropFirst(maximum).first {
            response.headers.append(Field("x-ms-continuation-NextTableName", next))
        }
        return response
    }
}
