internal import MigrationCore

/// The items of an event store: of each tenant one logical partition, with a head and its events.
enum EventItems {
    /// The path of the partition key.
    static let tenantPath = FieldPath(components: ["cutoverTenant"])
    static let headID = "head"

    /// Whether a container belongs to an event store.
    static func isLog(_ container: CosmosContainer) -> Bool { container.shape.paths == [tenantPath] }

    static func partition(_ tenant: TenantID) -> String { PartitionPlace.header([.string(tenant.text)]) }

    /// The id of an event's item: which life of the log it belongs to, and its position.
    static func eventID(generation: Int64, position: Int64) -> String { "e.\(generation).\(padded(position))" }

    /// A number whose texts are in its own order.
    static func padded(_ number: Int64) -> String {
        let digits = String(UInt64(bitPattern: number) ^ 1 << 63)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }

    static func number(padded text: String) -> Int64? {
        guard text.utf8.count == 20, let bits = UInt64(text) else { return nil }
        return Int64(bitPattern: bits ^ 1 << 63)
    }

    /// A whole number as JSON has it.
    static func integer(_ value: Value?) -> Int64? {
        switch value {
        case .int32(let number)?: Int64(number)
        case .int64(let number)?: number
        case .double(let number)?: Int64(exactly: number)
        default: nil
        }
    }

    /// The item of an event. What its digest covers is carried as BSON, byte for byte; the rest is there to be queried.
    static func json(_ event: StoredEvent, generation: Int64, tenant: TenantID, stamp: String) -> [UInt8] {
        let item: Document = [
            "id": .string(eventID(generation: generation, position: event.position)),
            "cutoverTenant": .string(tenant.text), "kind": "event", "generation": .int64(generation),
            "position": .int64(event.position), "stream": .string(event.stream.text),
            "version": .int64(event.version), "eventId": .string(event.id.description), "type": .string(event.type),
            "recordedAt": .int64(event.recordedAt.millisecondsSinceEpoch), "digest": .string(event.digest.description),
            "write": .string(stamp), "bson": .string(Base64.text(event.canonicalBSON)),
        ]
        return item.jsonBytes()
    }

    /// The event in an item; nil for what is none.
    static func event(_ item: Document) -> StoredEvent? {
        guard let position = integer(item["position"]), case .string(let digestText)? = item["digest"],
            let digest = LogDigest(digestText), case .string(let bson)? = item["bson"],
            let bytes = Base64.bytes(bson), let fields = try? Document(bson: bytes, limits: limits),
            case .string(let streamText)? = fields["stream"], let stream = try? StreamID(streamText),
            case .int64(let version)? = fields["version"], case .binary(let idBytes)? = fields["id"],
            let id = EventID(bytes: idBytes.bytes), case .string(let type)? = fields["type"],
            case .int32(let schemaVersion)? = fields["schemaVersion"],
            case .date(let occurredAt)? = fields["occurredAt"], case .date(let recordedAt)? = fields["recordedAt"],
            case .document(let metadata)? = fields["metadata"], case .document(let payload)? = fields["payload"]
        else { return nil }
        func text(_ name: String) -> String? { if case .string(let text)? = fields[name] { text } else { nil } }
        return StoredEvent(
            position: position,
            stream: stream,
            version: version,
            id: id,
            type: type,
            schemaVersion: schemaVersion,
            occurredAt: occurredAt,
            recordedAt: recordedAt,
            correlationID: text("correlationId"),
            causationID: text("causationId"),
            actor: text("actor"),
            metadata: metadata,
            payload: payload,
            digest: digest
        )
    }

    private static var limits: DocumentLimits {
        var limits = DocumentLimits.default
        limits.maximumDepth += 2
        return limits
    }
}
