/// An event that is to be appended.
public struct NewEvent: Sendable, Hashable {
    /// Its identity. Keep it when you append again after an unknown outcome.
    public var id: EventID
    /// What happened, such as `"OrderPlaced"`; 1 to 255 bytes of UTF-8 without control characters.
    public var type: String
    /// The version of the payload's schema, at least 0.
    public var schemaVersion: Int32
    /// When it happened, by the application's clock.
    public var occurredAt: WallTime
    /// When it was recorded; leave `nil`, and the first store or router that sees the event sets it, once.
    public var recordedAt: WallTime?
    /// The conversation that the event belongs to.
    public var correlationID: String?
    /// The event or command that caused it.
    public var causationID: String?
    /// Who did it.
    public var actor: String?
    /// Whatever else belongs to the event and not to its payload.
    public var metadata: Document
    /// What happened, in detail.
    public var payload: Document

    /// Makes an event; its id begins with the time of the call unless you bring one.
    public init(
        id: EventID = EventID(at: .now()),
        type: String,
        schemaVersion: Int32 = 1,
        occurredAt: WallTime,
        recordedAt: WallTime? = nil,
        correlationID: String? = nil,
        causationID: String? = nil,
        actor: String? = nil,
        metadata: Document = Document(),
        payload: Document
    ) {
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
    }
}

extension NewEvent {
    /// Compares all fields, texts by their bytes.
    public static func == (a: NewEvent, b: NewEvent) -> Bool {
        a.id == b.id && a.recordedAt == b.recordedAt && a.type.hasSameUTF8(as: b.type)
            && a.schemaVersion == b.schemaVersion && a.occurredAt == b.occurredAt
            && isSame(a.correlationID, b.correlationID) && isSame(a.causationID, b.causationID)
            && isSame(a.actor, b.actor)
            && a.payload == b.payload && a.metadata == b.metadata
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(payload)
    }

    /// Whether a stored event has this identity and content, wherever it stands and whenever it was recorded.
    func hasSameContent(as event: StoredEvent) -> Bool {
        id == event.id && type.hasSameUTF8(as: event.type) && schemaVersion == event.schemaVersion
            && occurredAt == event.occurredAt && NewEvent.isSame(correlationID, event.correlationID)
            && NewEvent.isSame(causationID, event.causationID) && NewEvent.isSame(actor, event.actor)
            && payload == event.payload && metadata == event.metadata
    }

    private static func isSame(_ a: String?, _ b: String?) -> Bool {
        switch (a, b) {
        case (nil, nil): true
        case (let a?, let b?): a.hasSameUTF8(as: b)
        default: false
        }
    }
}

/// The version that a stream must have for an append to be applied.
public enum ExpectedVersion: Sendable, Hashable {
    /// Any.
    case any
    /// The stream has no events.
    case noStream
    /// The stream has at least one event.
    case exists
    /// The stream's last event has this version; 0 means that it has none. A negative one is `invalidArgument`.
    case exact(Int64)

    /// Whether a stream at this version, 0 when it has no events, is as expected.
    public func holds(for version: Int64) -> Bool {
        switch self {
        case .any: true
        case .noStream: version == 0
        case .exists: version > 0
        case .exact(let expected): version == expected
        }
    }
}

/// The part of an append that goes to one stream.
public struct StreamAppend: Sendable, Hashable {
    /// The stream.
    public var stream: StreamID
    /// The version that it must have before this part.
    public var expected: ExpectedVersion
    /// The events, in order; at least one.
    public var events: [NewEvent]

    /// Makes a part of an append.
    public init(_ stream: StreamID, expected: ExpectedVersion = .any, events: [NewEvent]) {
        self.stream = stream
        self.expected = expected
        self.events = events
    }
}

/// Where the events of an append are.
public struct AppendResult: Sendable, Hashable {
    /// The positions of the first and the last event.
    public var positions: ClosedRange<Int64>
    /// The version of each stream after the append, in the order of the parts.
    public var versions: [Int64]
    /// The chained digest at the last position: a checkpoint right after the append.
    public var digest: LogDigest
    /// Whether the events were there already, from an earlier attempt with the same ids.
    public var wasAlreadyThere: Bool

    /// Makes a result; adapters call this.
    public init(positions: ClosedRange<Int64>, versions: [Int64], digest: LogDigest, wasAlreadyThere: Bool) {
        self.positions = positions
        self.versions = versions
        self.digest = digest
        self.wasAlreadyThere = wasAlreadyThere
    }

    /// The place right after the append.
    public var checkpoint: LogCheckpoint { LogCheckpoint(position: positions.upperBound, digest: digest) }
}
