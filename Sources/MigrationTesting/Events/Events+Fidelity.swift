internal import MigrationCore

extension EventStoreConformance {
    /// Every field comes back as it was given.
    var fidelity: [Behaviour] {
        [
            behaviour("every field of an event comes back as it was given") { bed in
                let tenant = try await bed.open()
                let given = SampleEvents.all(bed)
                try await bed.append(given, to: SampleEvents.oddStream, tenant: tenant)
                let read = try await bed.log(tenant)
                try expectEqual(read.count, given.count, "the number of events")
                for (index, (event, stored)) in zip(given, read).enumerated() {
                    let expected = StoredEvent(
                        position: Int64(index + 1),
                        stream: SampleEvents.oddStream,
                        version: Int64(index + 1),
                        id: event.id,
                        type: event.type,
                        schemaVersion: event.schemaVersion,
                        occurredAt: event.occurredAt,
                        recordedAt: event.recordedAt ?? stored.recordedAt,
                        correlationID: event.correlationID,
                        causationID: event.causationID,
                        actor: event.actor,
                        metadata: event.metadata,
                        payload: event.payload,
                        digest: stored.digest
                    )
                    try expect(
                        stored.fingerprint == expected.fingerprint && stored.position == expected.position,
                        "event \(index) of the log is \(expected)",
                        seen: "\(stored)"
                    )
                }
            },
            behaviour("a payload comes back byte for byte, with values of every type") { bed in
                let tenant = try await bed.open()
                let documents = SampleValues.documents
                try await bed.append(documents.map { bed.event(payload: $0) }, tenant: tenant)
                for (document, stored) in zip(documents, try await bed.log(tenant)) {
                    try expectEqual(stored.payload.bson, document.bson, "the bytes of the payload")
                }
            },
            behaviour("a recorded time that is given is kept, and one that is not is set once") { bed in
                let tenant = try await bed.open()
                var given = bed.event()
                given.recordedAt = WallTime(millisecondsSinceEpoch: -77)
                let open = bed.event()
                try await bed.append([given, open], tenant: tenant)
                let first = try await bed.log(tenant)
                try expectEqual(first[0].recordedAt, WallTime(millisecondsSinceEpoch: -77), "the recorded time")
                try await bed.append([given, open], tenant: tenant)
                try expectEqual(
                    try await bed.log(tenant)[1].recordedAt,
                    first[1].recordedAt,
                    "the recorded time after a repeated append"
                )
            },
            behaviour("streams whose names differ in a byte are different streams") { bed in
                let tenant = try await bed.open()
                let names = [
                    "e", "E", "\u{E9}", "e\u{301}", " e", "e ", "e%", "e_", "'e'", "\"e\"", "e\\", "e/", "\u{1F680}",
                ]
                for (index, name) in names.enumerated() {
                    let stream = try StreamID(name)
                    try await bed.append(bed.events(index + 1), to: stream, expected: .noStream, tenant: tenant)
                }
                for (index, name) in names.enumerated() {
                    let version = try await bed.store.streamVersion(
                        try StreamID(name),
                        tenant: tenant,
                        epoch: bed.epoch(5)
                    )
                    try expectEqual(version, Int64(index + 1), "the version of stream \(name.debugDescription)")
                }
            },
        ]
    }
}

/// Events with every kind of field.
enum SampleEvents {
    static let oddStream: StreamID = "Kasse 7 / 'Übung' \u{1F9FE} \"x\" %_\\"

    static func all(_ bed: EventBed) -> [NewEvent] {
        let texts: [String?] = [
            nil, "", "plain", "e\u{301}", "\u{E9}", "null", "line\nbreak\u{0}nul", "\u{1F600}'\"\\",
        ]
        var events = texts.enumerated().map { index, text in
            var event = bed.event(index)
            event.correlationID = text
            event.causationID = texts[(index + 1) % texts.count]
            event.actor = texts[(index + 2) % texts.count]
            return event
        }
        for (index, time) in [Int64.min, -1, 0, 1, 253_402_300_800_000, .max].enumerated() {
            var event = bed.event(index)
            event.occurredAt = WallTime(millisecondsSinceEpoch: time)
            event.recordedAt = WallTime(millisecondsSinceEpoch: -1 - time)
            events.append(event)
        }
        for (high, low) in [(0, 0), (UInt64.max, UInt64.max), (0, 1), (1 << 63, 0)] as [(UInt64, UInt64)] {
            var event = bed.event()
            event.id = EventID(high: high, low: low)
            event.schemaVersion = high == 0 ? 0 : .max
            event.type = high == 0 ? "Überwiesen \u{1F4B6}" : "t"
            event.metadata = ["high": .int64(Int64(bitPattern: high)), "trace": ["a": nil, "b": []]]
            event.payload = [:]
            events.append(event)
        }
        return events
    }
}
