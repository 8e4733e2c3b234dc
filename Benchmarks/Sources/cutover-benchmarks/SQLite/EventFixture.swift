internal import MigrationCore
internal import SQLiteAdapter

/// Events as an order service has them, and files that hold them.
enum EventFixture {
    static let tenant: TenantID = "acme"

    /// How events get their ids.
    enum IDs: Sendable {
        /// Ids that begin with the time at which they are made, which is what events get unless the application says otherwise.
        case ofTime
        /// Random ids: those of an application that brings UUIDs of version 4.
        case random
    }

    /// An event as the raw loop binds it.
    struct Row {
        let stream: [UInt8]
        let id: [UInt8]
        let type: [UInt8]
        let time: Int64
        let actor: [UInt8]
        let metadata: [UInt8]
        let payload: [UInt8]
    }

    /// Event number `number` of a history in which orders interleave: about 400 bytes of payload.
    static func event(
        _ number: Int,
        _ random: inout SeededRandom,
        ids: IDs = .ofTime
    ) -> (stream: StreamID, event: NewEvent) {
        let order = random.next() % 1_000 + UInt64(number / 20_000) * 1_000
        let event = NewEvent(
            id: ids == .random ? EventID() : EventID(at: .now()),
            type: ["OrderPlaced", "OrderPaid", "OrderShipped"][number % 3],
            occurredAt: WallTime(millisecondsSinceEpoch: 1_700_000_000_000 + Int64(number)),
            recordedAt: WallTime(millisecondsSinceEpoch: 1_700_000_000_005 + Int64(number)),
            actor: "user-\(random.next() % 500)",
            metadata: ["client": "web", "request": .int64(Int64(number))],
            payload: [
                "order": .int64(Int64(order)), "total": .double(Double(random.next() % 100_000) / 100),
                "currency": "EUR",
                "lines": [
                    ["article": .string("article-\(random.next() % 5_000)"), "count": 2, "price": 19.5],
                    ["article": .string("article-\(random.next() % 5_000)"), "count": 1, "price": 7.25],
                ],
                "note": .string(
                    "Leave it with the neighbours, second door on the left, and ring twice. \(random.next())"
                ),
            ]
        )
        // A literal cannot hold a computed name.
        return (try! StreamID("order-\(order)"), event)
    }

    /// Events that no other call returned, in both forms.
    static func fresh(_ count: Int) -> (events: [(stream: StreamID, event: NewEvent)], rows: [Row]) {
        var random = SeededRandom(seed: .random(in: .min ... .max))
        let events = (0..<count).map { event($0, &random) }
        let rows = events.map { stream, event in
            Row(
                stream: Array(stream.text.utf8),
                id: event.id.bytes,
                type: Array(event.type.utf8),
                time: event.occurredAt.millisecondsSinceEpoch,
                actor: Array((event.actor ?? "").utf8),
                metadata: event.metadata.bson,
                payload: event.payload.bson
            )
        }
        return (events, rows)
    }

    /// Creates a file and the tenant's head in it.
    static func makeFile(_ path: String, role: Fence.Role = .open) async throws {
        let store = try await SQLiteEventStore.open("fixture", at: path)
        try await store.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: role))
        await store.close()
    }

    /// Creates a file with a log of `count` events.
    static func makeLog(_ path: String, count: Int, ids: IDs = .ofTime) async throws {
        var configuration = SQLiteDatabase.Configuration()
        configuration.durability = .normal
        let store = try await SQLiteEventStore.open("fixture", at: path, configuration: configuration)
        try await store.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: .open))
        var random = SeededRandom(seed: 0x6F72_6465)
        for start in stride(from: 0, to: count, by: 2_000) {
            let parts = (start..<min(start + 2_000, count)).map { number in
                let (stream, event) = event(number, &random, ids: ids)
                return StreamAppend(stream, events: [event])
            }
            _ = try await store.append(parts, tenant: tenant, epoch: .unrouted)
        }
        await store.close()
    }
}

extension SQLiteDatabase.Configuration {
    /// The default settings with another durability.
    init(_ durability: SQLiteDatabase.Durability) {
        self.init()
        self.durability = durability
    }
}

extension SQLiteDatabase.Durability {
    /// As `PRAGMA synchronous` has it.
    var pragma: String { self == .full ? "FULL" : "NORMAL" }
}
