internal import MigrationCore

extension EventStoreConformance {
    /// Positions, versions, atomicity, and where a log comes from.
    var appending: [Behaviour] {
        [
            behaviour("an append to a tenant without a head is tenantNotPrepared") { bed in
                try await expectError(.tenantNotPrepared, from: "the append") {
                    try await bed.append(bed.events(1), tenant: "nobody")
                }
                try expectEqual(
                    try await bed.store.head(tenant: "nobody", epoch: .maintenance),
                    nil,
                    "the head after a refused append"
                )
            },
            behaviour("positions count up from 1 without gaps, across streams and refused appends") { bed in
                let tenant = try await bed.open()
                for round in 0..<4 {
                    try await bed.append(bed.events(round + 1), to: round % 2 == 0 ? "a" : "b", tenant: tenant)
                    try await expectError(.versionConflict, from: "an append with a stale version") {
                        try await bed.append(bed.events(2), to: "a", expected: .exact(99), tenant: tenant)
                    }
                }
                let log = try await bed.log(tenant)
                try expectEqual(log.map(\.position), Array(1...10), "the positions in the log")
                try expectEqual(try await bed.head(tenant).position, 10, "the head's position")
            },
            behaviour("versions count up from 1 in each stream") { bed in
                let tenant = try await bed.open()
                for stream in ["a", "b", "a", "b", "b"] as [StreamID] {
                    try await bed.append(bed.events(2), to: stream, tenant: tenant)
                }
                for (stream, last) in [("a", 4), ("b", 6)] as [(StreamID, Int64)] {
                    let events = try await bed.store.readStream(
                        stream,
                        tenant: tenant,
                        from: .first,
                        limit: 100,
                        epoch: bed.epoch(5)
                    )
                    try expectEqual(events.map(\.version), Array(1...last), "the versions of stream \(stream)")
                    try expectEqual(
                        try await bed.store.streamVersion(stream, tenant: tenant, epoch: bed.epoch(5)),
                        last,
                        "streamVersion of stream \(stream)"
                    )
                }
            },
            behaviour("an append answers with its positions, the version of each part's stream, and the digest") {
                bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(3), to: "a", tenant: tenant)
                let parts = [
                    StreamAppend("b", events: bed.events(2)), StreamAppend("a", events: bed.events(1)),
                    StreamAppend("b", events: bed.events(1)),
                ]
                let result = try await bed.store.append(parts, tenant: tenant, epoch: bed.epoch(5))
                try expectEqual(result.positions, 4...7, "the positions of the answer")
                try expectEqual(result.versions, [2, 4, 3], "the versions of the answer")
                try expectEqual(result.checkpoint, try await bed.head(tenant).checkpoint, "the place after the append")
                try expectEqual(result.wasAlreadyThere, false, "wasAlreadyThere of a first append")
            },
            behaviour("an append to several streams keeps the order of its parts and events") { bed in
                let tenant = try await bed.open()
                let parts = [
                    StreamAppend("b", events: bed.events(2)), StreamAppend("a", events: bed.events(3)),
                    StreamAppend("b", events: bed.events(1)),
                ]
                _ = try await bed.store.append(parts, tenant: tenant, epoch: bed.epoch(5))
                let log = try await bed.log(tenant)
                try expectEqual(log.map(\.id), parts.flatMap(\.events).map(\.id), "the ids in the log")
                try expectEqual(log.map(\.stream), ["b", "b", "a", "a", "a", "b"], "the streams in the log")
            },
            behaviour("an append to several streams is applied whole or not at all") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(1), to: "b", tenant: tenant)
                let ids = (0..<2).map { _ in bed.event() }
                try await bed.unchanged(tenant, by: "an append whose last part does not fit") {
                    try await expectError(.versionConflict, from: "the append") {
                        try await bed.store.append(
                            [
                                StreamAppend("a", expected: .noStream, events: [ids[0]]),
                                StreamAppend("b", expected: .noStream, events: [ids[1]]),
                            ],
                            tenant: tenant,
                            epoch: bed.epoch(5)
                        )
                    }
                }
                for event in ids {
                    let isThere = try await bed.store.contains(event.id, tenant: tenant, epoch: bed.epoch(5))
                    try expect(!isThere, "no event of a refused append is there")
                }
                try expectEqual(
                    try await bed.store.streamVersion("a", tenant: tenant, epoch: bed.epoch(5)),
                    0,
                    "the version of a stream that only a refused append named"
                )
            },
        ]
    }

    /// The four kinds of expected versions, and what the error tells.
    var expectedVersions: [Behaviour] {
        [
            expected("expecting any version holds for every stream", .any, new: true, two: true),
            expected("expecting no stream holds only before the first event", .noStream, new: true, two: false),
            expected("expecting a stream holds only after the first event", .exists, new: false, two: true),
            expected("expecting version 0 holds only before the first event", .exact(0), new: true, two: false),
            expected("expecting an exact version holds only at that version", .exact(2), new: false, two: true),
            expected("expecting a later version does not hold", .exact(3), new: false, two: false),
            behaviour("a version conflict tells the actual version") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(3), to: "a", tenant: tenant)
                for (stream, version) in [("a", 3), ("new", 0)] as [(StreamID, Int64)] {
                    let error = try await expectError(.versionConflict, from: "the append") {
                        try await bed.append(bed.events(1), to: stream, expected: .exact(7), tenant: tenant)
                    }
                    try expectEqual(error.context.actualVersion, version, "the actual version in the error")
                }
            },
            behaviour("later parts of an append see the versions that earlier parts make") { bed in
                let tenant = try await bed.open()
                let result = try await bed.store.append(
                    [
                        StreamAppend("a", expected: .noStream, events: bed.events(2)),
                        StreamAppend("a", expected: .exact(2), events: bed.events(1)),
                        StreamAppend("a", expected: .exists, events: bed.events(1)),
                    ],
                    tenant: tenant,
                    epoch: bed.epoch(5)
                )
                try expectEqual(result.versions, [2, 3, 4], "the versions of the answer")
            },
        ]
    }

    private func expected(_ name: String, _ expected: ExpectedVersion, new: Bool, two: Bool) -> Behaviour {
        behaviour(name) { bed in
            let tenant = try await bed.open()
            try await bed.append(bed.events(2), to: "two", tenant: tenant)
            for (stream, holds) in [("new", new), ("two", two)] as [(StreamID, Bool)] {
                if holds {
                    try await bed.append(bed.events(1), to: stream, expected: expected, tenant: tenant)
                } else {
                    try await bed.unchanged(tenant, by: "a version conflict") {
                        try await expectError(.versionConflict, from: "an append to \(stream) expecting \(expected)") {
                            try await bed.append(bed.events(1), to: stream, expected: expected, tenant: tenant)
                        }
                    }
                }
            }
        }
    }
}
