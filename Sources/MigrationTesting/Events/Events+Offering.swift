internal import MigrationCore

extension EventStoreConformance {
    /// `offer`: what goes in, what is there already, and what differs.
    var offering: [Behaviour] {
        [
            behaviour("an offer to an empty follower goes in with positions, versions, times and digests") { bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 7, from: bed)
                let outcome = try await bed.store.offer(events, tenant: tenant, after: .beginning, epoch: bed.epoch(5))
                try expectEqual(
                    outcome,
                    .applied(try await bed.head(tenant), appended: 7),
                    "the outcome of the offer"
                )
                try await expectLog(bed, tenant, events)
                try expectEqual(
                    try await bed.store.streamVersion("a", tenant: tenant, epoch: .maintenance),
                    3,
                    "the version of a stream"
                )
                let isThere = try await bed.store.contains(events[6].id, tenant: tenant, epoch: .maintenance)
                try expect(isThere, "an offered event is contained")
            },
            behaviour("an offer right behind the head goes in") { bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 6, from: bed)
                _ = try await bed.store.offer(
                    Array(events[..<4]),
                    tenant: tenant,
                    after: .beginning,
                    epoch: bed.epoch(5)
                )
                let outcome = try await bed.store.offer(
                    Array(events[4...]),
                    tenant: tenant,
                    after: events[3].checkpoint,
                    epoch: bed.epoch(5)
                )
                try expectEqual(outcome, .applied(try await bed.head(tenant), appended: 2), "the outcome")
                try await expectLog(bed, tenant, events)
            },
            behaviour("an offer behind a gap is told that the log is behind, and nothing is done") { bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 6, from: bed)
                _ = try await bed.store.offer(
                    Array(events[..<2]),
                    tenant: tenant,
                    after: .beginning,
                    epoch: bed.epoch(5)
                )
                try await bed.unchanged(tenant, by: "an offer behind a gap") {
                    let outcome = try await bed.store.offer(
                        Array(events[4...]),
                        tenant: tenant,
                        after: events[3].checkpoint,
                        epoch: bed.epoch(5)
                    )
                    try expectEqual(outcome, .behind(try await bed.head(tenant)), "the outcome")
                }
            },
            behaviour("an offer of which a part is there adds what is missing") { bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 6, from: bed)
                _ = try await bed.store.offer(
                    Array(events[..<4]),
                    tenant: tenant,
                    after: .beginning,
                    epoch: bed.epoch(5)
                )
                let outcome = try await bed.store.offer(
                    Array(events[2...]),
                    tenant: tenant,
                    after: events[1].checkpoint,
                    epoch: bed.epoch(5)
                )
                try expectEqual(outcome, .applied(try await bed.head(tenant), appended: 2), "the outcome")
                try await expectLog(bed, tenant, events)
            },
            behaviour("an offer of what is there changes nothing") { bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 6, from: bed)
                _ = try await bed.store.offer(events, tenant: tenant, after: .beginning, epoch: bed.epoch(5))
                try await bed.unchanged(tenant, by: "repeated offers") {
                    for range in [0..<6, 2..<4, 5..<6] {
                        let place = range.lowerBound == 0 ? .beginning : events[range.lowerBound - 1].checkpoint
                        let outcome = try await bed.store.offer(
                            Array(events[range]),
                            tenant: tenant,
                            after: place,
                            epoch: bed.epoch(5)
                        )
                        try expectEqual(outcome, .applied(try await bed.head(tenant), appended: 0), "the outcome")
                    }
                }
            },
            behaviour("an offer that differs from the log is logDiverged, and nothing is done") { bed in
                let tenant = try await bed.follower()
                let shared = ModelEventLog.sample(count: 3, from: bed)
                var log = ModelEventLog()
                try log.prepare(bed.fence(5, .follower))
                _ = try log.offer(shared, after: .beginning, epoch: bed.epoch(5))
                let mine = ModelEventLog.sample(count: 3, from: bed, after: log)
                let other = ModelEventLog.sample(count: 4, from: bed, after: log)
                _ = try await bed.store.offer(shared + mine, tenant: tenant, after: .beginning, epoch: bed.epoch(5))
                let offers: [([StoredEvent], LogCheckpoint)] = [
                    (other, shared[2].checkpoint), (Array(other[..<2]), shared[2].checkpoint),
                    (Array(other[1...]), other[0].checkpoint), (Array(other[3...]), other[2].checkpoint),
                ]
                try await bed.unchanged(tenant, by: "offers that differ") {
                    for (index, (events, place)) in offers.enumerated() {
                        let error = try await expectError(.logDiverged, from: "offer \(index)") {
                            try await bed.store.offer(events, tenant: tenant, after: place, epoch: bed.epoch(5))
                        }
                        _ = try expectNotNil(error.context.position, "the error of offer \(index) names a position")
                    }
                }
            },
            behaviour("an offer whose checkpoint has another digest is logDiverged, and nothing is done") { bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 4, from: bed)
                _ = try await bed.store.offer(
                    Array(events[..<2]),
                    tenant: tenant,
                    after: .beginning,
                    epoch: bed.epoch(5)
                )
                let place = LogCheckpoint(position: 2, digest: events[0].digest)
                try await bed.unchanged(tenant, by: "an offer with another digest") {
                    try await expectError(.logDiverged, from: "the offer") {
                        try await bed.store.offer(
                            Array(events[2...]),
                            tenant: tenant,
                            after: place,
                            epoch: bed.epoch(5)
                        )
                    }
                }
            },
            behaviour("offered events whose digests are not what the chain gives are logDiverged, and none goes in") {
                bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 3, from: bed)
                var changed = events
                changed[2] = changed[2].with(digest: events[0].digest)
                try await bed.unchanged(tenant, by: "an offer with a wrong digest") {
                    try await expectError(.logDiverged, from: "the offer") {
                        try await bed.store.offer(changed, tenant: tenant, after: .beginning, epoch: bed.epoch(5))
                    }
                }
            },
            behaviour("a follower that is opened goes on where the offers ended") { bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 7, from: bed)
                _ = try await bed.store.offer(events, tenant: tenant, after: .beginning, epoch: bed.epoch(5))
                try await bed.store.raiseFence(tenant: tenant, to: bed.fence(6, .open))
                let result = try await bed.append(
                    bed.events(1),
                    to: "a",
                    expected: .exact(3),
                    tenant: tenant,
                    epoch: 6
                )
                try expectEqual(result.positions, 8...8, "the position of the next event")
                try expectEqual(result.versions, [4], "the version of the next event")
                let last = try await bed.log(tenant)[7]
                try expectEqual(
                    last.digest,
                    last.chainedDigest(after: events[6].digest),
                    "the digest of the next event"
                )
            },
            behaviour("an event that was offered is known to appends") { bed in
                let tenant = try await bed.follower()
                let events = ModelEventLog.sample(count: 2, from: bed)
                _ = try await bed.store.offer(events, tenant: tenant, after: .beginning, epoch: bed.epoch(5))
                try await bed.store.raiseFence(tenant: tenant, to: bed.fence(6, .open))
                let again = events[0].asNew
                let result = try await bed.append([again], to: events[0].stream, tenant: tenant, epoch: 6)
                try expectEqual(result.wasAlreadyThere, true, "wasAlreadyThere")
                try expectEqual(result.positions, 1...1, "the position")
            },
        ]
    }

    /// `Fence.admitsOffer`, row by row.
    var offerFence: [Behaviour] {
        [
            behaviour("an offer to an open store is storeIsActive, under any admitted epoch") { bed in
                try await refusesOffer(bed, .open, epoch: bed.epoch(5), .storeIsActive)
                try await refusesOffer(bed, .open, epoch: bed.epoch(6), .storeIsActive)
            },
            behaviour("an offer to a closed store is fenced, under any admitted epoch") { bed in
                try await refusesOffer(bed, .closed, epoch: bed.epoch(5), .fenced)
                try await refusesOffer(bed, .closed, epoch: bed.epoch(6), .fenced)
            },
            behaviour("an offer under a smaller epoch is fenced") { bed in
                try await refusesOffer(bed, .follower, epoch: bed.epoch(4), .fenced)
            },
            behaviour("an offer under the same epoch of another route is epochConflict") { bed in
                let epoch = bed.epoch(5, route: EventBed.otherRoute)
                try await refusesOffer(bed, .follower, epoch: epoch, .epochConflict)
            },
            behaviour("an offer under the maintenance epoch is invalidArgument") { bed in
                try await refusesOffer(bed, .follower, epoch: .maintenance, .invalidArgument)
            },
            behaviour("an offer to a tenant without a head is tenantNotPrepared") { bed in
                let events = ModelEventLog.sample(count: 1, from: bed)
                try await expectError(.tenantNotPrepared, from: "the offer") {
                    try await bed.store.offer(events, tenant: "nobody", after: .beginning, epoch: bed.epoch(5))
                }
            },
            behaviour("an offer under a higher epoch raises the fence and keeps role and successor") { bed in
                let events = ModelEventLog.sample(count: 3, from: bed)
                let tenant = try await bed.follower()
                _ = try await bed.store.offer(
                    Array(events[..<1]),
                    tenant: tenant,
                    after: .beginning,
                    epoch: bed.epoch(6)
                )
                let raised = bed.fence(6, .follower, successor: "active")
                try expectEqual(try await bed.head(tenant).fence, raised, "the fence after an offer that went in")
                _ = try await bed.store.offer(
                    Array(events[..<1]),
                    tenant: tenant,
                    after: .beginning,
                    epoch: bed.epoch(7)
                )
                try expectEqual(try await bed.head(tenant).fence.epoch.number, 7, "the epoch after a repeated offer")
                _ = try await bed.store.offer(
                    Array(events[2...]),
                    tenant: tenant,
                    after: events[1].checkpoint,
                    epoch: bed.epoch(8)
                )
                try expectEqual(
                    try await bed.head(tenant).fence.epoch.number,
                    8,
                    "the epoch after an offer behind a gap"
                )
            },
        ]
    }

    private func refusesOffer(
        _ bed: EventBed,
        _ role: Fence.Role,
        epoch: Epoch,
        _ code: StoreError.Code
    ) async throws {
        let fence = bed.fence(5, role, successor: "next")
        try await bed.store.prepare(tenant: "tenant", fence: fence)
        let events = ModelEventLog.sample(count: 2, from: bed)
        try await bed.unchanged("tenant", by: "a refused offer") {
            try await expectFenceError(code, holding: fence, from: "the offer") {
                try await bed.store.offer(events, tenant: "tenant", after: .beginning, epoch: epoch)
            }
        }
    }

    /// The log is these events, byte for byte, under the same digests.
    func expectLog(_ bed: EventBed, _ tenant: TenantID, _ events: [StoredEvent]) async throws {
        let log = try await bed.log(tenant)
        try expectEqual(log.map(\.checkpoint), events.map(\.checkpoint), "positions and digests in the log")
        try expectEqual(log.map(\.fingerprint), events.map(\.fingerprint), "the events of the log")
        try expectEqual(try await bed.head(tenant).checkpoint, events.last?.checkpoint ?? .beginning, "the head")
    }
}

extension StoredEvent {
    /// The event as it was before it had a place.
    var asNew: NewEvent {
        NewEvent(
            id: id,
            type: type,
            schemaVersion: schemaVersion,
            occurredAt: occurredAt,
            recordedAt: recordedAt,
            correlationID: correlationID,
            causationID: causationID,
            actor: actor,
            metadata: metadata,
            payload: payload
        )
    }
}
