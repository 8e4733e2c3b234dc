internal import MigrationCore

extension EventStoreConformance {
    /// Many tasks at once.
    var concurrency: [Behaviour] {
        [
            behaviour("many tasks on one tenant: contiguous positions, no lost append") { bed in
                let tenant = try await bed.open()
                let rounds = 8
                let results = try await each(bed.options.tasks) { task -> [(EventID, AppendResult)] in
                    var results: [(EventID, AppendResult)] = []
                    for round in 0..<rounds {
                        let event = bed.event(task * 100 + round)
                        let stream = try StreamID("stream-\(task % 3)")
                        results.append((event.id, try await bed.append([event], to: stream, tenant: tenant)))
                    }
                    return results
                }
                let log = try await bed.log(tenant)
                try expectEqual(log.count, bed.options.tasks * rounds, "the number of events")
                try expectEqual(log.map(\.position), Array(1...Int64(log.count)), "the positions in the log")
                for (id, result) in results.joined() {
                    let event = log[Int(result.positions.lowerBound) - 1]
                    try expectEqual(event.id, id, "the event at the position that its append returned")
                    try expectEqual([event.version], result.versions, "the version that the append returned")
                    try expectEqual(event.digest, result.digest, "the digest that the append returned")
                }
            },
            behaviour("many tasks expect the same version: exactly one wins") { bed in
                let tenant = try await bed.open()
                for round in 0..<6 {
                    let winners = try await each(bed.options.tasks) { _ -> Int in
                        do {
                            try await bed.append(bed.events(1), expected: .exact(Int64(round)), tenant: tenant)
                            return 1
                        } catch  where error.storeCode == .versionConflict {
                            return 0
                        }
                    }
                    try expectEqual(winners.reduce(0, +), 1, "the number of winners in round \(round)")
                }
                try expectEqual(try await bed.log(tenant).map(\.version), Array(1...6), "the versions in the log")
            },
            behaviour("the same append from many tasks is stored once, and all get the same answer") { bed in
                let tenant = try await bed.open()
                let events = bed.events(2)
                let results = try await each(bed.options.tasks) { _ in try await bed.append(events, tenant: tenant) }
                try expectEqual(try await bed.log(tenant).count, 2, "the number of events")
                for result in results { try expectEqual(result.positions, 1...2, "the positions of every answer") }
                try expectEqual(results.count { !$0.wasAlreadyThere }, 1, "the number of first appends")
            },
            behaviour("a reader that has seen a position has seen every event up to it") { bed in
                let tenant = try await bed.open()
                let writers = 4
                let done = Locked(0)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<writers {
                        group.addTask {
                            defer { done.withLock { $0 += 1 } }
                            for _ in 0..<12 { try await bed.append(bed.events(2), tenant: tenant) }
                        }
                    }
                    group.addTask {
                        var place = LogCheckpoint.beginning
                        while place.position < 24 * Int64(writers) {
                            let isLast = done.withLock { $0 } == writers
                            let page = try await bed.store.readLog(
                                tenant: tenant,
                                after: place.position,
                                limit: 7,
                                epoch: bed.epoch(5)
                            )
                            for event in page {
                                try expectEqual(event.position, place.position + 1, "the next position")
                                try expectEqual(event.digest, event.chainedDigest(after: place.digest), "its digest")
                                place = event.checkpoint
                            }
                            try expect(!page.isEmpty || !isLast, "every acknowledged event is read")
                            await Task.yield()
                        }
                    }
                    try await group.waitForAll()
                }
            },
            behaviour("tenants do not wait for each other, and lose nothing") { bed in
                _ = try await each(8) { task in
                    let tenant = try await bed.open(try TenantID("tenant-\(task)"))
                    for _ in 0..<6 { try await bed.append(bed.events(2), tenant: tenant) }
                    try expectEqual(try await bed.log(tenant).map(\.position), Array(1...12), "the positions")
                }
            },
        ]
    }
}

/// Runs `body` in many tasks at the same time and returns what they return, in the order of the tasks.
func each<Result: Sendable>(
    _ count: Int,
    _ body: @escaping @Sendable (Int) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        for index in 0..<count { group.addTask { (index, try await body(index)) } }
        var results: [(Int, Result)] = []
        for try await result in group { results.append(result) }
        return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
