import MigrationCore
import Testing

@Suite("The log's chain")
struct LogDigestTests {
    private static let minimal = NewEvent(
        id: EventID(high: 0x0001_0203_0405_0607, low: 0x0809_0A0B_0C0D_0E0F),
        type: "Opened",
        schemaVersion: 1,
        occurredAt: WallTime(millisecondsSinceEpoch: 0),
        payload: [:]
    )
    private static let full = NewEvent(
        id: EventID(high: .max, low: .max),
        type: "Überwiesen",
        schemaVersion: 2,
        occurredAt: WallTime(millisecondsSinceEpoch: 1_700_000_000_123),
        recordedAt: WallTime(millisecondsSinceEpoch: -1),
        correlationID: "c-1",
        causationID: "c-0",
        actor: "ada",
        metadata: ["source": "web"],
        payload: ["amount": .int64(5), "tags": ["a", nil]]
    )

    private func chain(_ events: [NewEvent]) -> [StoredEvent] {
        var digest = LogDigest.empty
        return events.enumerated().map { index, event in
            let stored = StoredEvent(
                position: Int64(index) + 1,
                stream: "account-1",
                version: Int64(index) + 1,
                id: event.id,
                type: event.type,
                schemaVersion: event.schemaVersion,
                occurredAt: event.occurredAt,
                recordedAt: event.recordedAt ?? WallTime(millisecondsSinceEpoch: 42),
                correlationID: event.correlationID,
                causationID: event.causationID,
                actor: event.actor,
                metadata: event.metadata,
                payload: event.payload,
                digest: .empty
            )
            digest = stored.chainedDigest(after: digest)
            return stored.with(digest: digest)
        }
    }

    @Test("three vectors pin the canonical form and the digests")
    func vectors() {
        let events = chain([Self.minimal, Self.full, Self.minimal])
        #expect(
            events.map(\.digest.description) == [
                "a105cd4013aef9d1bdeff7d8b91c304e9277a463e971f683dc0930a415d43ab0",
                "7b558490074e4e7ffcd4e97977de6e8ab3af8be15ad77b04d9c08f643bb2c7f4",
                "dcf98e883ce12562dee339edb0a825bd6b28c99028f98b31cf4045cb97aae048",
            ]
        )
        #expect(
            Hex.text(events[0].canonicalBSON)
                == "ae0000000273747265616d000a0000006163636f756e742d31001276657273696f6e0001000000000000000569640010"
                + "00000004000102030405060708090a0b0c0d0e0f027479706500070000004f70656e65640010736368656d6156657273"
                + "696f6e0001000000096f636375727265644174000000000000000000097265636f726465644174002a00000000000000"
                + "036d65746164617461000500000000037061796c6f616400050000000000"
        )
    }

    @Test("every field counts")
    func everyField() {
        let base = chain([Self.full])[0]
        let changes: [(inout NewEvent) -> Void] = [
            { $0.id = EventID(high: 1, low: .max) }, { $0.type = "Other" }, { $0.schemaVersion = 3 },
            { $0.occurredAt = WallTime(millisecondsSinceEpoch: 0) },
            { $0.recordedAt = WallTime(millisecondsSinceEpoch: 0) },
            { $0.correlationID = nil }, { $0.causationID = "c-1" }, { $0.actor = "" }, { $0.metadata = [:] },
            { $0.payload = ["amount": .int32(5), "tags": ["a", nil]] },
        ]
        for change in changes {
            var event = Self.full
            change(&event)
            #expect(chain([event])[0].digest != base.digest)
        }
    }

    @Test("a digest and a route id come back from their texts, and nothing else does")
    func texts() {
        let digest = chain([Self.minimal])[0].digest
        #expect(LogDigest(digest.description) == digest)
        #expect(LogDigest(String(digest.description.dropLast())) == nil)
        #expect(LogDigest(bytes: digest.bytes) == digest)
        let route = RouteID(high: 1, low: .max)
        #expect(RouteID(route.description) == route)
        #expect(RouteID("zz") == nil)
        #expect(EventID(Self.full.id.description) == Self.full.id)
        #expect(Self.minimal.id.description == "00010203-0405-0607-0809-0a0b0c0d0e0f")
        #expect(EventID(Self.minimal.id.uuid) == Self.minimal.id)
        #expect(EventID(bytes: Self.minimal.id.bytes) == Self.minimal.id)
        #expect(EventID("0001-02030405060708090a0b0c0d0e0f") == nil)
    }
}
