internal import MigrationCore

/// An entity as an answer holds it.
struct Entity: Sendable {
    var key: EntityKey
    var etag: String
    var properties: [EntityForm.Property]
    /// The mark of the write that made it; nil when another program did.
    var stamp: String?

    /// Reads one entity of an answer with minimal metadata.
    ///
    /// - Throws: `invalidValue` naming neither property nor value.
    init(_ json: Document) throws(DocumentError) {
        var types: [[UInt8]: String] = [:]
        var partition: String?
        var row: String?
        var tag: String?
        properties = []
        let suffix = "@odata.type"
        for (name, value) in json where name.hasSuffix(suffix) {
            if case .string(let type) = value { types[Array(name.dropLast(suffix.count).utf8)] = type }
        }
        for (name, value) in json {
            switch (name, value) {
            case ("PartitionKey", .string(let text)): partition = text
            case ("RowKey", .string(let text)): row = text
            case ("odata.etag", .string(let text)): tag = text
            case ("Timestamp", _): break
            case (EntityForm.stamp, .string(let text)): stamp = text
            default:
                guard !name.hasPrefix("odata."), !name.contains("@odata."), value != .null else { continue }
                guard let value = EntityValue(value, type: types[Array(name.utf8)]) else {
                    throw DocumentError(.invalidValue, "A property's value does not fit its type.")
                }
                properties.append(EntityForm.Property(name: name, value: value))
            }
        }
        guard let partition, let row else {
            throw DocumentError(.invalidKey, "An entity has no PartitionKey or no RowKey.")
        }
        key = EntityKey(partition: partition, row: row)
        etag = tag ?? ""
    }

    /// The document at this place; nil when no document of the store has such a key.
    func stored(in collection: CollectionName) throws(DocumentError) -> StoredDocument? {
        guard let key = key.document(in: collection) else { return nil }
        return StoredDocument(key: key, document: try EntityForm.document(properties), etag: ETag(etag))
    }

    /// The JSON of an entity that is to be written.
    static func json(_ key: EntityKey, _ properties: [EntityForm.Property], stamp: String) -> [UInt8] {
        var json: [UInt8] = Array("{\"PartitionKey\":".utf8)
        EntityValue.string(key.partition).append(to: &json)
        json += ",\"RowKey\":".utf8
        EntityValue.string(key.row).append(to: &json)
        for property in properties + [EntityForm.Property(name: EntityForm.stamp, value: .string(stamp))] {
            if let type = property.value.annotation { json += ",\"\(property.name)@odata.type\":\"\(type)\"".utf8 }
            json += ",\"\(property.name)\":".utf8
            property.value.append(to: &json)
        }
        json.append(UInt8(ascii: "}"))
        return json
    }
}
