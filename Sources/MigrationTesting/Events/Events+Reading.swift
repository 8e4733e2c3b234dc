internal import MigrationCore

extension EventStoreConformance {
    /// Pages of streams and logs, and single questions.
    var reading: [Behaviour] {
        [
            behaviour("a stream reads forward in pages of every size") { bed in
                let tenant = try await bed.open()
                try await interleave(bed, tenant)
                for limit in [1, 6, 7, 8, 1_000] {
                    var versions: [Int64] = []
                    while true {
                        let start = StreamPosition.forward(from: Int64(versions.count + 1))
                        let page = try await bed.store.readStream(
                            "a",
                            tenant: tenant,
                            from: start,
                            limit: limit,
                            epoch: bed.epoch(5)
                        )
                        try expect(page.count <= limit, "a page of at most \(limit) events", seen: "\(page.count)")
                        versions += page.map(\.version)
                        if page.count < limit { break }
                    }
                    try expectEqual(versions, Array(1...7), "the versions read in pages of \(limit)")
                }
            },
            behaviour("a stream reads backward in pages of every size") { bed in
                let tenant = try await bed.open()
                try await interleave(bed, tenant)
                for limit in [1, 6, 7, 8, 1_000] {
                    var versions: [Int64] = []
                    var start = StreamPosition.last
                    while true {
                        let page = try await bed.store.readStream(
                            "a",
                            tenant: tenant,
                            from: start,
                            limit: limit,
                            epoch: bed.epoch(5)
                        )
                        try expect(page.count <= limit, "a page of at most \(limit) events", seen: "\(page.count)")
                        versions += page.map(\.version)
                        guard page.count == limit, let last = page.last, last.version > 1 else { break }
                        start = .backward(from: last.version - 1)
                    }
                    try expectEqual(versions, Array((1...7).reversed()), "the versions read back in pages of \(limit)")
                }
            },
            behaviour("a read of a stream begins at the version it names") { bed in
                let tenant = try await bed.open()
                try await interleave(bed, tenant)
                let cases: [(StreamPosition, [Int64])] = [
                    (.forward(from: 0), [1, 2]), (.forward(from: 1), [1, 2]), (.forward(from: 7), [7]),
                    (.forward(from: 8), []), (.forward(from: .max), []), (.backward(from: 3), [3, 2]),
                    (.backward(from: 1), [1]), (.backward(from: 0), []), (.backward(from: 99), [7, 6]),
                ]
                for (start, versions) in cases {
                    let page = try await bed.store.readStream(
                        "a",
                        tenant: tenant,
                        from: start,
                        limit: 2,
                        epoch: bed.epoch(5)
                    )
                    try expectEqual(page.map(\.version), versions, "the versions read \(start), limit 2")
                    try expect(page.allSatisfy { $0.stream == "a" }, "only events of the stream are read")
                }
            },
            behaviour("the log reads in order in pages of every size") { bed in
                let tenant = try await bed.open()
                try await interleave(bed, tenant)
                for limit in [1, 13, 14, 15, 1_000] {
                    var positions: [Int64] = []
                    while true {
                        let page = try await bed.store.readLog(
                            tenant: tenant,
                            after: Int64(positions.count),
                            limit: limit,
                            epoch: bed.epoch(5)
                        )
                        try expect(page.count <= limit, "a page of at most \(limit) events", seen: "\(page.count)")
                        positions += page.map(\.position)
                        if page.count < limit { break }
                    }
                    try expectEqual(positions, Array(1...14), "the positions read in pages of \(limit)")
                }
            },
            behaviour("a read of the log after its end is empty") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(2), tenant: tenant)
                for position in [2, 3, Int64.max] {
                    let page = try await bed.store.readLog(
                        tenant: tenant,
                        after: position,
                        limit: 5,
                        epoch: bed.epoch(5)
                    )
                    try expectEqual(page.count, 0, "the number of events after \(position)")
                }
            },
            behaviour("a stream reads the same events as the log, field by field") { bed in
                let tenant = try await bed.open()
                try await interleave(bed, tenant)
                let log = try await bed.log(tenant).filter { $0.stream == "b" }
                let stream = try await bed.store.readStream(
                    "b",
                    tenant: tenant,
                    from: .first,
                    limit: 100,
                    epoch: bed.epoch(5)
                )
                try expectEqual(stream.map(\.checkpoint), log.map(\.checkpoint), "positions and digests in the stream")
                try expectEqual(stream.map(\.fingerprint), log.map(\.fingerprint), "the events of the stream")
            },
            behaviour("contains is true for every event that is there, and for no other") { bed in
                let tenant = try await bed.open()
                let events = bed.events(3)
                try await bed.append(events, tenant: tenant)
                for (id, isThere) in events.map({ ($0.id, true) }) + [(bed.eventID(), false)] {
                    try expectEqual(
                        try await bed.store.contains(id, tenant: tenant, epoch: bed.epoch(5)),
                        isThere,
                        "contains"
                    )
                }
            },
            behaviour("a stream that does not exist is empty at version 0") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(1), tenant: tenant)
                let version = try await bed.store.streamVersion("none", tenant: tenant, epoch: bed.epoch(5))
                try expectEqual(version, 0, "the version")
                for start in [StreamPosition.first, .last] {
                    let page = try await bed.store.readStream(
                        "none",
                        tenant: tenant,
                        from: start,
                        limit: 5,
                        epoch: bed.epoch(5)
                    )
                    try expectEqual(page.count, 0, "the number of events")
                }
            },
            behaviour("a tenant without a head reads as empty, under every epoch") { bed in
                for epoch in [bed.epoch(1), .maintenance] {
                    let head = try await bed.store.head(tenant: "nobody", epoch: epoch)
                    try expectEqual(head, nil, "the head")
                    let log = try await bed.store.readLog(tenant: "nobody", after: 0, limit: 5, epoch: epoch)
                    try expectEqual(log.count, 0, "the number of events in the log")
                    let stream = try await bed.store.readStream(
                        "s",
                        tenant: "nobody",
                        from: .first,
                        limit: 5,
                        epoch: epoch
                    )
                    try expectEqual(stream.count, 0, "the number of events in a stream")
                    let version = try await bed.store.streamVersion("s", tenant: "nobody", epoch: epoch)
                    try expectEqual(version, 0, "the version of a stream")
                    let isThere = try await bed.store.contains(bed.eventID(), tenant: "nobody", epoch: epoch)
                    try expectEqual(isThere, false, "contains")
                    let place = try await bed.store.checkpoint(tenant: "nobody", at: 1, epoch: epoch)
                    try expectEqual(place, nil, "the checkpoint at 1")
                    let start = try await bed.store.checkpoint(tenant: "nobody", at: 0, epoch: epoch)
                    try expectEqual(start, .beginning, "the checkpoint at 0")
                }
            },
        ]
    }

    /// Seven events in each of two streams, in turn.
    private func interleave(_ bed: EventBed, _ tenant: TenantID) async throws {
        for _ in 0..<7 {
            _ = try await bed.store.append(
                [StreamAppend("a", events: bed.events(1)), StreamAppend("b", events: bed.events(1))],
                tenant: tenant,
                epoch: bed.epoch(5)
            )
        }
    }
}
