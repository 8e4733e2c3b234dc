internal import MigrationCore

/// Events as documents of `cutover.events`: `{_id: {tenant, position}, digest, event: {...}}`.
///
/// `event` holds the fields that the digest covers, in their order and with their types, so that any client of MongoDB can look at
/// them. Metadata or payload that MongoDB would not keep, being nested too deeply, is binary instead: its BSON.
enum EventDocument {
    /// MongoDB keeps 180 levels; the event, its `_id` and the commands around take some.
    private static let maximumDepth = 160

    static func place(_ position: Value, of tenant: TenantID) -> Value {
        .document(["tenant": .string(tenant.text), "position": position])
    }

    /// The places after one position up to and with another.
    static func places(after position: Int64, upTo last: Int64, of tenant: TenantID) -> Document {
        [
            "_id": [
                "$gt": place(.int64(position), of: tenant), "$lte": place(.int64(last), of: tenant),
            ]
        ]
    }

    static func append(_ event: StoredEvent, of tenant: TenantID, to writer: inout BSONWriter) {
        let start = writer.beginDocument()
        writer.append("_id", place(.int64(event.position), of: tenant))
        writer.append("digest", .binary(Binary(bytes: event.digest.bytes)))
        writer.appendHeader(.document, "event")
        if isShallow(event.metadata), isShallow(event.payload) {
            writer.bytes.append(contentsOf: event.canonicalBSON)
        } else {
            appendWrapped(event, to: &writer)
        }
        writer.endDocument(start)
    }

    private static func isShallow(_ document: Document) -> Bool { !document.isDeeper(than: maximumDepth) }

    private static func appendWrapped(_ event: StoredEvent, to writer: inout BSONWriter) {
        let start = writer.beginDocument()
        for (name, value) in Document(validatedBSON: event.canonicalBSON) {
            switch value {
            case .document(let document) where !isShallow(document):
                writer.append(name, .binary(Binary(bytes: document.bson)))
            default: writer.append(name, value)
            }
        }
        writer.endDocument(start)
    }

    /// The event in a stored document.
    static func event(in bytes: UnsafeRawBufferPointer, of tenant: TenantID) throws(StoreError) -> StoredEvent {
        let document: Document
        do throws(DocumentError) {
            document = try unsafe Document(bson: [UInt8](bytes), limits: .stored)
        } catch {
            throw damaged("document", tenant: tenant, position: nil, underlying: error)
        }
        var position: Int64?
        if case .int64(let number)? = document[path: "_id.position"] { position = number }
        guard let position else { throw damaged("_id", tenant: tenant, position: nil) }
        guard case .binary(let digestBytes)? = document["digest"], let digest = LogDigest(bytes: digestBytes.bytes)
        else { throw damaged("digest", tenant: tenant, position: position) }
        guard case .document(let fields)? = document["event"] else {
            throw damaged("event", tenant: tenant, position: position)
        }
        return try event(fields, position: position, digest: digest, tenant: tenant)
    }

    /// Reads all fields in one walk.
    private static func event(
        _ document: Document,
        position: Int64,
        digest: LogDigest,
        tenant: TenantID
    ) throws(StoreError) -> StoredEvent {
        var stream: StreamID?
        var version: Int64?
        var id: EventID?
        var type: String?
        var schemaVersion: Int32?
        var occurredAt: WallTime?
        var recordedAt: WallTime?
        var texts: [String: String] = [:]
        var metadata: Document?
        var payload: Document?
        for (name, value) in document {
            switch (name, value) {
            case ("stream", .string(let text)): stream = try? StreamID(text)
            case ("version", .int64(let number)): version = number
            case ("id", .binary(let binary)): id = EventID(bytes: binary.bytes)
            case ("type", .string(let text)): type = text
            case ("schemaVersion", .int32(let number)): schemaVersion = number
            case ("occurredAt", .date(let time)): occurredAt = time
            case ("recordedAt", .date(let time)): recordedAt = time
            case ("correlationId", .string(let text)), ("causationId", .string(let text)), ("actor", .string(let text)):
                texts[name] = text
            case ("metadata", let value): metadata = inner(value)
            case ("payload", let value): payload = inner(value)
            default: throw damaged("event", tenant: tenant, position: position)
            }
        }
        guard let stream, let version, let id, let type, let schemaVersion, let occurredAt, let recordedAt,
            let metadata,
            let payload
        else { throw damaged("event", tenant: tenant, position: position) }
        return StoredEvent(
            position: position,
            stream: stream,
            version: version,
            id: id,
            type: type,
            schemaVersion: schemaVersion,
            occurredAt: occurredAt,
            recordedAt: recordedAt,
            correlationID: texts["correlationId"],
            causationID: texts["causationId"],
            actor: texts["actor"],
            metadata: metadata,
            payload: payload,
            digest: digest
        )
    }

    private static func inner(_ value: Value) -> Document? {
        switch value {
        case .document(let document): document
        case .binary(let binary): try? Document(bson: binary.bytes, limits: .stored)
        default: nil
        }
    }

    static func damaged(
        _ field: StaticString,
        tenant: TenantID,
        position: Int64?,
        underlying: (any Error)? = nil
    ) -> StoreError {
        StoreError(
            .corrupt,
            "The field \(field) of an event is damaged; verify the log and repair it from this position on.",
            context: .init(tenant: tenant, position: position),
            underlying: underlying
        )
    }
}
