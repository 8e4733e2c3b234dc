import MigrationCore

/// Events for tests.
enum EventLogs {
    /// A well-chained log of `count` events that alternate between three streams.
    static func chain(_ count: Int, payload: (Int64) -> Document = { ["n": .int64($0)] }) -> [StoredEvent] {
        var digest = LogDigest.empty
        return (0..<Int64(count)).map { index in
            let event = StoredEvent(
                position: index + 1,
                stream: streams[Int(index % 3)],
                version: index / 3 + 1,
                id: EventID(high: 1, low: UInt64(index + 1)),
                type: "counted",
                schemaVersion: 1,
                occurredAt: WallTime(millisecondsSinceEpoch: 1_000 + index),
                recordedAt: WallTime(millisecondsSinceEpoch: 2_000 + index),
                correlationID: nil,
                causationID: nil,
                actor: nil,
                metadata: Document(),
                payload: payload(index + 1),
                digest: .empty
            )
            digest = event.chainedDigest(after: digest)
            return event.with(digest: digest)
        }
    }

    static let streams: [StreamID] = ["a", "b", "c"]

    /// An event with every optional field.
    static let full = StoredEvent(
        position: 1,
        stream: "größe",
        version: 1,
        id: EventID(high: 1, low: 2),
        type: "everything",
        schemaVersion: 7,
        occurredAt: WallTime(millisecondsSinceEpoch: -1),
        recordedAt: WallTime(millisecondsSinceEpoch: .max),
        correlationID: "conversation",
        causationID: "cause",
        actor: "someone",
        metadata: ["trace": "t"],
        payload: ["a": [1, 2, 3], "b": ["c": nil]],
        digest: .empty
    )
}
