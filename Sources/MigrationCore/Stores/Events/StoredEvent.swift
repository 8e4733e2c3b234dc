/// An event as a store holds it. A move preserves every field of it.
public struct StoredEvent: Sendable, Hashable {
    /// Its place in the tenant's log: 1, 2, 3, ... without gaps.
    public let position: Int64
    /// The stream.
    public let stream: StreamID
    /// Its place in the stream: 1, 2, 3, ... without gaps.
    public let version: Int64
    /// Its identity, unique within the tenant.
    public let id: EventID
    /// What happened.
    public let type: String
    /// The version of the payload's schema.
    public let schemaVersion: Int32
    /// When it happened, by the application's clock.
    public let occurredAt: WallTime
    /// When it was acknowledged first, by the clock of the writer.
    public let recordedAt: WallTime
    /// The conversation that the event belongs to.
    public let correlationID: String?
    /// The event or command that caused it.
    public let causationID: String?
    /// Who did it.
    public let actor: String?
    /// Whatever else belongs to the event and not to its payload.
    public let metadata: Document
    /// What happened, in detail.
    public let payload: Document
    /// The chained digest of the log up to and with this event, as the store holds it.
    public let digest: LogDigest

    /// Makes an event from all its fields; adapters call this when they read.
    public init(
        position: Int64,
        stream: StreamID,
        version: Int64,
        id: EventID,
        type: String,
        schemaVersion: Int32,
        occurredAt: WallTime,
        recordedAt: WallTime,
        correlationID: String?,
        causationID: String?,
        actor: String?,
        metadata: Document,
        payload: Document,
        digest: LogDigest
    ) {
        self.position = position
        self.stream = stream
        self.version = version
        self.id = id
        self.type = type
        self.schemaVersion = schemaVersion
        self.occurredAt = occurredAt
        self.recordedAt = recordedAt
        self.correlationID = correlationID
        self.causationID = causationID
        self.actor = actor
        self.metadata = metadata
        self.payload = payload
        self.digest = digest
    }

    /// Gives a new event its place; its digest is still ``LogDigest/empty``.
    init(_ event: NewEvent, at position: Int64, stream: StreamID, version: Int64, recordedAt: WallTime) {
        self.init(
            position: position,
            stream: stream,
            version: version,
            id: event.id,
            type: event.type,
            schemaVersion: event.schemaVersion,
            occurredAt: event.occurredAt,
            recordedAt: event.recordedAt ?? recordedAt,
            correlationID: event.correlationID,
            causationID: event.causationID,
            actor: event.actor,
            metadata: event.metadata,
            payload: event.payload,
            digest: .empty
        )
    }

    /// The same event under another digest.
    public func with(digest: LogDigest) -> StoredEvent {
        StoredEvent(
            position: position,
            stream: stream,
            version: version,
            id: id,
            type: type,
            schemaVersion: schemaVersion,
            occurredAt: occurredAt,
            recordedAt: recordedAt,
            correlationID: correlationID,
            causationID: causationID,
            actor: actor,
            metadata: metadata,
            payload: payload,
            digest: digest
        )
    }

    /// Whether this is what an append of `event` to `stream` stores, wherever and whenever that was.
    ///
    /// The record time is no part of it: a caller that appends again after an unknown outcome is stamped anew.
    public func holds(_ event: NewEvent, in stream: StreamID) -> Bool {
        self.stream == stream && event.hasSameContent(as: self)
    }

    /// The chained digest of the log with this event, computed from its fields and the digest before it.
    public func chainedDigest(after digest: LogDigest) -> LogDigest {
        canonicalBSON.withUnsafeBytes { digest.chained(with: $0) }
    }
}

extension StoredEvent {
    /// Compares all fields, texts by their bytes.
    public static func == (a: StoredEvent, b: StoredEvent) -> Bool {
        a.position == b.position && a.version == b.version && a.digest == b.digest && a.recordedAt == b.recordedAt
            && a.stream == b.stream && a.content.hasSameContent(as: b)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(position)
        hasher.combine(digest)
    }

    /// The event as it was appended.
    public var content: NewEvent {
        NewEvent(
            id: id,
            type: type,
            schemaVersion: schemaVersion,
            occurredAt: occurredAt,
            recordedAt: recordedAt,
            correlationID: correlationID,
            causationID: causationID,
            actor: actor,
            metadata: metadata,
            payload: payload
        )
    }
}
