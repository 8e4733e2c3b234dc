internal import MigrationCore

/// What one frame of a tenant's log says.
struct LogRecord: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        /// The first of a segment: the head that the segment before was sealed with, or the birth of the log.
        case opening(TenantHead)
        /// Events, up to the head's position.
        case events([StoredEvent], TenantHead)
        /// The fence, where it is higher. It is appended without a condition, so that writers cannot keep it out.
        case fence(Fence)
        /// These events, up to the head's position, take the place of all that follow the one before them.
        case rewind([StoredEvent], TenantHead)
        /// The last of a segment: the log goes on in the next one, and what comes after it here is void.
        case seal(TenantHead)

        var kind: String {
            switch self {
            case .opening: "opening"
            case .events: "events"
            case .fence: "fence"
            case .rewind: "rewind"
            case .seal: "seal"
            }
        }
    }

    var content: Content
    /// Tells one write from every other, so that two records are never the same bytes.
    var stamp: String

    init(_ content: Content, stamp: String) {
        self.content = content
        self.stamp = stamp
    }

    /// The body of the record's frame.
    var body: Document {
        var body: Document = ["kind": .string(content.kind), "stamp": .string(stamp)]
        switch content {
        case .opening(let head), .seal(let head): body.append("head", .document(Self.document(head)))
        case .fence(let fence): body.append("fence", .document(Self.document(fence)))
        case .events(let events, let head), .rewind(let events, let head):
            body.append("head", .document(Self.document(head)))
            let elements = events.map { event in
                Value.document([
                    "digest": .binary(Binary(bytes: event.digest.bytes)),
                    "event": .document(Document(validatedBSON: event.canonicalBSON)),
                ])
            }
            body.append("events", .array(elements))
        }
        return body
    }

    /// Reads a body; nil for one that is none of a record.
    init?(_ body: Document) {
        guard case .string(let kind)? = body["kind"], case .string(let stamp)? = body["stamp"] else { return nil }
        if kind == "fence" {
            guard case .document(let fields)? = body["fence"], let fence = Self.fence(fields) else { return nil }
            self.init(.fence(fence), stamp: stamp)
            return
        }
        guard case .document(let fields)? = body["head"], let head = Self.head(fields) else { return nil }
        switch kind {
        case "opening": self.init(.opening(head), stamp: stamp)
        case "seal": self.init(.seal(head), stamp: stamp)
        case "events", "rewind":
            guard let events = Self.events(body["events"], upTo: head) else { return nil }
            if kind == "events", events.isEmpty { return nil }
            self.init(kind == "events" ? .events(events, head) : .rewind(events, head), stamp: stamp)
        default: return nil
        }
    }
}

extension LogRecord {
    private static func document(_ head: TenantHead) -> Document {
        [
            "position": .int64(head.position), "digest": .binary(Binary(bytes: head.digest.bytes)),
            "digestVersion": .int32(head.digestVersion), "fence": .document(document(head.fence)),
        ]
    }

    private static func document(_ fence: Fence) -> Document {
        [
            "epoch": .int64(fence.epoch.number), "route": .string(fence.epoch.route.description),
            "role": .string(fence.role.rawValue), "successor": fence.successor.map { .string($0.text) } ?? .null,
        ]
    }

    private static func head(_ document: Document) -> TenantHead? {
        guard case .int64(let position)? = document["position"], position >= 0,
            case .binary(let bytes)? = document["digest"], let digest = LogDigest(bytes: bytes.bytes),
            case .int32(let version)? = document["digestVersion"], case .document(let fields)? = document["fence"],
            let fence = fence(fields)
        else { return nil }
        return TenantHead(position: position, digest: digest, fence: fence, digestVersion: version)
    }

    private static func fence(_ document: Document) -> Fence? {
        guard case .int64(let epoch)? = document["epoch"], case .string(let routeText)? = document["route"],
            let route = RouteID(routeText), case .string(let roleText)? = document["role"],
            let role = Fence.Role(rawValue: roleText)
        else { return nil }
        var successor: StoreID?
        switch document["successor"] {
        case .null?: break
        case .string(let text)?:
            guard let name = try? StoreID(text) else { return nil }
            successor = name
        default: return nil
        }
        return Fence(epoch: Epoch(number: epoch, route: route), role: role, successor: successor)
    }

    /// The events that end at a head; nil when they do not.
    private static func events(_ value: Value?, upTo head: TenantHead) -> [StoredEvent]? {
        guard case .array(let elements)? = value, Int64(elements.count) <= head.position || elements.isEmpty else {
            return nil
        }
        var position = head.position - Int64(elements.count)
        var events: [StoredEvent] = []
        for element in elements {
            position += 1
            guard case .document(let document) = element, let event = event(document, at: position) else { return nil }
            events.append(event)
        }
        guard events.isEmpty || events.last?.digest == head.digest else { return nil }
        return events
    }

    /// An event from the fields that its digest covers.
    private static func event(_ document: Document, at position: Int64) -> StoredEvent? {
        guard case .binary(let bytes)? = document["digest"], let digest = LogDigest(bytes: bytes.bytes),
            case .document(let fields)? = document["event"], case .string(let streamText)? = fields["stream"],
            let stream = try? StreamID(streamText), case .int64(let version)? = fields["version"],
            case .binary(let idBytes)? = fields["id"], let id = EventID(bytes: idBytes.bytes),
            case .string(let type)? = fields["type"], case .int32(let schemaVersion)? = fields["schemaVersion"],
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
}
