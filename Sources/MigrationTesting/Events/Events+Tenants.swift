internal import MigrationCore

extension EventStoreConformance {
    /// Tenants do not see each other, and are listed in one order.
    var tenants: [Behaviour] {
        [
            behaviour("tenants have logs, streams, versions and fences of their own") { bed in
                let one = try await bed.open("one", at: 5)
                let two = try await bed.open("two", at: 9)
                try await bed.append(bed.events(3), to: "s", tenant: one)
                let result = try await bed.append(
                    bed.events(1),
                    to: "s",
                    expected: .noStream,
                    tenant: two,
                    epoch: 9
                )
                try expectEqual(result.positions, 1...1, "the positions in the second tenant")
                try expectEqual(try await bed.log(one).count, 3, "the number of events of the first tenant")
                try expectEqual(try await bed.log(two).count, 1, "the number of events of the second tenant")
                let id = try await bed.log(one)[0].id
                let isThere = try await bed.store.contains(id, tenant: two, epoch: bed.epoch(9))
                try expectEqual(isThere, false, "whether a tenant has the event of another")
                try await bed.store.raiseFence(tenant: two, to: bed.fence(10, .closed))
                try await bed.append(bed.events(1), to: "s", tenant: one)
            },
            behaviour("tenants whose names differ in a byte are different tenants") { bed in
                let names = [
                    "t", "T", "\u{E9}", "e\u{301}", "t ", " t", "%", "_", "t%", "'", "\"", "\\", "\u{1F680}", "tt",
                ]
                for (index, name) in names.enumerated() {
                    let tenant = try await bed.open(try TenantID(name))
                    try await bed.append(bed.events(index + 1), tenant: tenant)
                }
                for (index, name) in names.enumerated() {
                    let position = try await bed.head(try TenantID(name)).position
                    try expectEqual(position, Int64(index + 1), "the head of tenant \(name.debugDescription)")
                }
            },
            behaviour("tenants are listed by their UTF-8 bytes, in pages of every size") { bed in
                let names = ["b", "a", "ab", "B", "\u{E9}", "z", "\u{1F680}", "\u{FF5E}", "aa", "e\u{301}"]
                for name in names { _ = try await bed.open(try TenantID(name)) }
                let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                for limit in [1, 9, 10, 11] {
                    var listed: [TenantID] = []
                    while true {
                        let page = try await bed.store.tenants(after: listed.last, limit: limit)
                        try expect(page.count <= limit, "a page of at most \(limit) tenants", seen: "\(page.count)")
                        listed += page
                        if page.count < limit { break }
                    }
                    try expectEqual(listed.map { Array($0.text.utf8) }, sorted.map { Array($0.utf8) }, "the tenants")
                }
            },
            behaviour("a list of tenants goes on behind a name that is not there") { bed in
                for name in ["a", "c", "e"] as [TenantID] { _ = try await bed.open(name) }
                try expectEqual(try await bed.store.tenants(after: "b", limit: 5), ["c", "e"], "the tenants after b")
                try expectEqual(try await bed.store.tenants(after: "e", limit: 5), [], "the tenants after e")
            },
            behaviour("a tenant with an empty log is listed") { bed in
                _ = try await bed.follower("quiet")
                try expectEqual(try await bed.store.tenants(after: nil, limit: 5), ["quiet"], "the tenants")
            },
        ]
    }

    /// The chained digest.
    var chain: [Behaviour] {
        [
            behaviour("the chain recomputed from what is read equals the digest of each event, and the head's") { bed in
                let tenant = try await bed.open()
                for round in 1...4 { try await bed.append(bed.events(round), to: "s", tenant: tenant) }
                try await bed.append(SampleEvents.all(bed), to: SampleEvents.oddStream, tenant: tenant)
                var digest = LogDigest.empty
                for event in try await bed.log(tenant) {
                    digest = event.chainedDigest(after: digest)
                    try expectEqual(event.digest, digest, "the digest of the event at \(event.position)")
                }
                try expectEqual(try await bed.head(tenant).digest, digest, "the head's digest")
            },
            behaviour("the head of an empty log is at position 0 with the empty digest") { bed in
                let tenant = try await bed.open()
                let head = try await bed.head(tenant)
                try expectEqual(head.checkpoint, .beginning, "the head's place")
                try expectEqual(head.digestVersion, LogDigest.algorithmVersion, "the version of the chain")
            },
            behaviour("checkpoint(at:) is the place at every position, and nil behind the end") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(3), tenant: tenant)
                try await bed.append(bed.events(2), tenant: tenant)
                var digest = LogDigest.empty
                var places = [LogCheckpoint.beginning]
                for event in try await bed.log(tenant) {
                    digest = event.chainedDigest(after: digest)
                    places.append(LogCheckpoint(position: event.position, digest: digest))
                }
                for (position, place) in places.enumerated() {
                    try expectEqual(
                        try await bed.store.checkpoint(tenant: tenant, at: Int64(position), epoch: bed.epoch(5)),
                        place,
                        "the checkpoint at \(position)"
                    )
                }
                try expectEqual(
                    try await bed.store.checkpoint(tenant: tenant, at: 6, epoch: bed.epoch(5)),
                    nil,
                    "the checkpoint behind the end"
                )
            },
        ]
    }
}
