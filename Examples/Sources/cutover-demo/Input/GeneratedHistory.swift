internal import MigrationCore

/// Events like those of changelogs, for machines that have none: the same ones for the same seed.
enum GeneratedHistory {
    static func make(count: Int, seed: UInt64) throws -> EventHistory {
        var random = SeededRandom(seed: seed)
        var events: [TenantEvent] = []
        var time: Int64 = 1_000_000_000_000
        for number in 0..<count {
            time += Int64(random.next() % 50_000_000)
            let aggregate = random.next() % 400
            let stream = "package-\(aggregate)"
            let lines = (0...(random.next() % 8)).map { _ in
                Value.string("* Fix “issue” \(random.next() % 100_000), thanks to Jörg, 太郎 and others.")
            }
            let event = NewEvent(
                id: EventID(high: random.next(), low: random.next()),
                type: "VersionReleased",
                occurredAt: WallTime(millisecondsSinceEpoch: time),
                recordedAt: WallTime(millisecondsSinceEpoch: time),
                actor: "Maintainer \(random.next() % 90) <maintainer@example.org>",
                metadata: ["file": .string("\(stream)/changelog")],
                payload: [
                    "source": .string(stream), "version": .string("1.\(number)-1"), "distributions": ["unstable"],
                    "urgency": "medium", "changes": .array(lines),
                ]
            )
            events.append(
                TenantEvent(
                    tenant: try TenantID("packages-\(UnicodeScalar(UInt8(97 + aggregate % 8)))"),
                    stream: try StreamID(stream),
                    event: event
                )
            )
        }
        return EventHistory(title: "\(count) generated events, seed \(seed)", events)
    }
}
