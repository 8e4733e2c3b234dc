/// A request to the Table service, taken apart.
struct TableCall: Sendable {
    enum Resource: Sendable {
        case service
        /// The list of tables, or one of its entries.
        case tables(String?)
        case table(String)
        case entity(String, TableKey)
        case batch
    }

    /// How much an answer tells about types.
    enum Metadata: String, Sendable {
        case none = "nometadata"
        case minimal = "minimalmetadata"
        case full = "fullmetadata"
    }

    let request: Request
    let resource: Resource
    /// The method, also where it is hidden in a header.
    let method: String
    let metadata: Metadata

    init(_ request: Request, account: String) throws(StorageError) {
        self.request = request
        method = request.method == "POST" ? request.header("X-HTTP-Method")?.uppercased() ?? "POST" : request.method
        let accept = request.header("Accept") ?? ""
        metadata = accept.contains("fullmetadata") ? .full : accept.contains("nometadata") ? .none : .minimal
        var rest = request.rawPath.drop { $0 == "/" }
        let name = rest.prefix { $0 != "/" }
        guard name == account else {
            throw StorageError(404, "ResourceNotFound", "The specified account does not exist.")
        }
        rest = rest.dropFirst(name.count).drop { $0 == "/" }
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        resource = try Self.resource(Percent.decode(rest))
    }

    private static func resource(_ path: String) throws(StorageError) -> Resource {
        if path.isEmpty { return .service }
        if path == "$batch" { return .batch }
        let name = String(path.prefix { $0 != "(" })
        let keys = path.dropFirst(name.count)
        let isTables = name == "Tables"
        if keys.isEmpty || keys == "()" { return isTables ? .tables(nil) : .table(name) }
        let invalid = StorageError(
            400,
            "InvalidUri",
            "The requested URI does not represent any resource on the server."
        )
        guard keys.hasSuffix(")") else { throw invalid }
        var rest = keys.dropFirst().dropLast()
        if isTables {
            guard let table = quoted(&rest), rest.isEmpty else { throw invalid }
            return .tables(table)
        }
        var values: [String: String] = [:]
        while !rest.isEmpty {
            let key = String(rest.prefix { $0 != "=" }).trimmed
            rest = rest.drop { $0 != "=" }.dropFirst()
            guard let value = quoted(&rest) else { throw invalid }
            values[key] = value
            if rest.first == "," { rest = rest.dropFirst() } else if !rest.isEmpty { throw invalid }
        }
        guard let partition = values["PartitionKey"], let row = values["RowKey"], values.count == 2 else {
            throw invalid
        }
        return .entity(name, TableKey(partition: ByteString(partition), row: ByteString(row)))
    }

    /// Takes a text in quotes, in which a quote is doubled.
    static func quoted(_ rest: inout Substring) -> String? {
        guard rest.first == "'" else { return nil }
        rest = rest.dropFirst()
        var result = ""
        while let end = rest.firstIndex(of: "'") {
            result += rest[..<end]
            rest = rest[rest.index(after: end)...]
            guard rest.first == "'" else { return result }
            result += "'"
            rest = rest.dropFirst()
        }
        return nil
    }

    /// Whether the client wants no content in answer to a creation.
    var wantsNoContent: Bool { request.header("Prefer")?.lowercased() == "return-no-content" }

    var contentType: Field {
        Field("Content-Type", "application/json;odata=\(metadata.rawValue);streaming=true;charset=utf-8")
    }
}

/// Reading an entity from a body, with the service's limits.
extension TableCall {
    /// The properties of the body, and the keys if it has them.
    func entity(_ rules: Rules) throws(StorageError) -> (keys: (String?, String?), properties: [TableEntity.Property]) {
        let invalid = StorageError(400, "InvalidInput", "One of the request inputs is not valid.")
        guard let members = JSON(parsing: request.body)?.members else { throw invalid }
        var types: [String: String] = [:]
        for member in members where member.name.hasSuffix("@odata.type") {
            types[String(member.name.dropLast("@odata.type".count))] = member.value.string ?? ""
        }
        var keys: (String?, String?) = (nil, nil)
        var properties: [TableEntity.Property] = []
        for member in members where !member.name.contains("odata.") && member.name != "Timestamp" {
            if case .null = member.value { continue }
            let type = types[member.name]
            guard let value = TableValue(member.value, type: type) else { throw invalid }
            switch member.name {
            case "PartitionKey": keys.0 = member.value.string
            case "RowKey": keys.1 = member.value.string
            default:
                if rules.holds("table.limits") { try Self.check(member.name, value) }
                properties.append(TableEntity.Property(name: member.name, value: value))
            }
        }
        if properties.count > 252, rules.holds("table.limits") {
            throw StorageError(
                400,
                "TooManyProperties",
                "The entity contains more properties than allowed. Each entity can include up to 252 properties."
            )
        }
        return (keys, properties)
    }

    private static func check(_ name: String, _ value: TableValue) throws(StorageError) {
        guard name.utf16.count <= 255 else {
            throw StorageError(
                400,
                "PropertyNameTooLong",
                "The property name exceeds the maximum allowed length (255)."
            )
        }
        let isName = name.unicodeScalars.enumerated().allSatisfy { index, scalar in
            scalar == "_" || scalar.properties.isAlphabetic || (index > 0 && scalar.properties.numericType != nil)
        }
        guard isName, !name.isEmpty else {
            throw StorageError(400, "PropertyNameInvalid", "The property name is invalid.")
        }
        let bytes =
            switch value {
            case .string(let text): text.utf16.count * 2
            case .binary(let bytes): bytes.count
            default: 0
            }
        guard bytes <= 65_536 else {
            throw StorageError(
                400,
                "PropertyValueTooLarge",
                "The property value exceeds the maximum allowed size (64KB). If the property value is a string, it is "
                    + "UTF-16 encoded and the maximum number of characters should be 32K or less."
            )
        }
    }

    /// Refuses keys with characters that the service does not take, or that are too long. The latter is `unconfirmed`.
    static func check(_ key: TableKey, _ rules: Rules) throws(StorageError) {
        for text in [key.partition.text, key.row.text] {
            let isAllowed = text.unicodeScalars.allSatisfy { scalar in
                !"/\\#?".unicodeScalars.contains(scalar) && scalar.value >= 0x20
                    && !(0x7F...0x9F).contains(scalar.value)
            }
            guard isAllowed || !rules.holds("table.key-characters") else {
                throw StorageError(400, "OutOfRangeInput", "One of the request inputs is out of range.")
            }
            guard text.utf16.count <= 1_024 || !rules.holds("table.limits") else {
                throw StorageError(400, "KeyValueTooLarge", "The key value exceeds the maximum allowed size (1KB).")
            }
        }
    }
}
