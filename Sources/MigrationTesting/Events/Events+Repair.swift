internal import MigrationCore

extension EventStoreConformance {
    /// `replaceLog`, for stores that are repairable.
    var replacing: [Behaviour] {
        [
            repair("replaceLog puts other events behind a checkpoint, in one step") { bed, store in
                let (tenant, events) = try await filled(bed, role: .follower)
                let other = try ModelEventLog.branch(of: events, at: 2, count: 2, from: bed)
                let head = try await store.replaceLog(
                    tenant: tenant,
                    after: events[1].checkpoint,
                    with: other,
                    expecting: events[4].checkpoint,
                    epoch: bed.epoch(5)
                )
                try expectEqual(head, try await bed.head(tenant), "the head that replaceLog returns")
                try await expectLog(bed, tenant, Array(events[..<2]) + other)
                for event in events[2...] {
                    let isThere = try await store.contains(event.id, tenant: tenant, epoch: .maintenance)
                    try expect(!isThere, "an event that was replaced is no longer contained")
                }
                for stream in ["a", "b", "c"] as [StreamID] {
                    let version = try await store.streamVersion(stream, tenant: tenant, epoch: .maintenance)
                    let count = (Array(events[..<2]) + other).count { $0.stream == stream }
                    try expectEqual(version, Int64(count), "the version of stream \(stream)")
                }
            },
            repair("replaceLog with no events cuts the log off") { bed, store in
                let (tenant, events) = try await filled(bed, role: .closed)
                _ = try await store.replaceLog(
                    tenant: tenant,
                    after: events[0].checkpoint,
                    with: [],
                    expecting: events[4].checkpoint,
                    epoch: bed.epoch(5)
                )
                try await expectLog(bed, tenant, Array(events[..<1]))
            },
            repair("replaceLog on the active store is storeIsActive") { bed, store in
                let (tenant, events) = try await filled(bed, role: .follower)
                try await store.raiseFence(tenant: tenant, to: bed.fence(6, .open))
                try await bed.unchanged(tenant, by: "a refused repair") {
                    for number in [6, 7] as [Int64] {
                        try await expectError(.storeIsActive, from: "replaceLog under epoch \(number)") {
                            try await store.replaceLog(
                                tenant: tenant,
                                after: .beginning,
                                with: [],
                                expecting: events[4].checkpoint,
                                epoch: bed.epoch(number)
                            )
                        }
                    }
                }
            },
            repair("replaceLog below the fence is fenced, and under another route epochConflict") { bed, store in
                let (tenant, events) = try await filled(bed, role: .follower)
                let calls: [(Epoch, StoreError.Code)] = [
                    (bed.epoch(4), .fenced), (bed.epoch(5, route: EventBed.otherRoute), .epochConflict),
                    (.maintenance, .invalidArgument),
                ]
                try await bed.unchanged(tenant, by: "a refused repair") {
                    for (epoch, code) in calls {
                        try await expectError(code, from: "replaceLog under \(epoch)") {
                            try await store.replaceLog(
                                tenant: tenant,
                                after: .beginning,
                                with: [],
                                expecting: events[4].checkpoint,
                                epoch: epoch
                            )
                        }
                    }
                }
            },
            repair("replaceLog of a log that does not end as expected is logDiverged") { bed, store in
                let (tenant, events) = try await filled(bed, role: .follower)
                let heads = [events[3].checkpoint, LogCheckpoint(position: 5, digest: events[3].digest)]
                try await bed.unchanged(tenant, by: "a refused repair") {
                    for head in heads {
                        try await expectError(.logDiverged, from: "replaceLog") {
                            try await store.replaceLog(
                                tenant: tenant,
                                after: events[0].checkpoint,
                                with: [],
                                expecting: head,
                                epoch: bed.epoch(5)
                            )
                        }
                    }
                }
            },
            repair("replaceLog behind a place that the log does not have is logDiverged") { bed, store in
                let (tenant, events) = try await filled(bed, role: .follower)
                let places = [
                    LogCheckpoint(position: 2, digest: events[0].digest),
                    LogCheckpoint(position: 9, digest: events[0].digest),
                ]
                try await bed.unchanged(tenant, by: "a refused repair") {
                    for place in places {
                        try await expectError(.logDiverged, from: "replaceLog after \(place.position)") {
                            try await store.replaceLog(
                                tenant: tenant,
                                after: place,
                                with: [],
                                expecting: events[4].checkpoint,
                                epoch: bed.epoch(5)
                            )
                        }
                    }
                }
            },
            repair("replaceLog with events that are not contiguous is invalidArgument") { bed, store in
                let (tenant, events) = try await filled(bed, role: .follower)
                try await bed.unchanged(tenant, by: "a refused repair") {
                    try await expectError(.invalidArgument, from: "replaceLog") {
                        try await store.replaceLog(
                            tenant: tenant,
                            after: events[0].checkpoint,
                            with: Array(events[2...]),
                            expecting: events[4].checkpoint,
                            epoch: bed.epoch(5)
                        )
                    }
                }
            },
        ]
    }

    /// `purge`, for stores that are repairable.
    var purging: [Behaviour] {
        [
            repair("purge removes the events and keeps the head under the new fence") { bed, store in
                let (tenant, events) = try await filled(bed, role: .follower)
                let fence = bed.fence(6, .closed, successor: "next")
                let head = try await store.purge(tenant: tenant, fence: fence)
                try expectEqual(head, TenantHead(fence: fence), "the head that purge returns")
                try expectEqual(try await bed.head(tenant), head, "the head that is read")
                try expectEqual(try await bed.log(tenant).count, 0, "the number of events")
                let isThere = try await store.contains(events[0].id, tenant: tenant, epoch: .maintenance)
                try expect(!isThere, "a purged event is no longer contained")
                let version = try await store.streamVersion("a", tenant: tenant, epoch: .maintenance)
                try expectEqual(version, 0, "the version of a purged stream")
                try expectEqual(try await store.tenants(after: nil, limit: 5), [tenant], "the tenants")
            },
            repair("purging again with the same fence is harmless") { bed, store in
                let (tenant, _) = try await filled(bed, role: .follower)
                let first = try await store.purge(tenant: tenant, fence: bed.fence(6, .follower))
                let second = try await store.purge(tenant: tenant, fence: bed.fence(6, .follower))
                try expectEqual(second, first, "the head of the second purge")
            },
            repair("a purged tenant takes its log again") { bed, store in
                let (tenant, events) = try await filled(bed, role: .follower)
                try await store.purge(tenant: tenant, fence: bed.fence(6, .follower))
                _ = try await store.offer(events, tenant: tenant, after: .beginning, epoch: bed.epoch(6))
                try await expectLog(bed, tenant, events)
            },
            repair("purge of the active store is storeIsActive") { bed, store in
                let tenant = try await bed.open()
                try await bed.append(bed.events(2), tenant: tenant)
                try await bed.unchanged(tenant, by: "a refused purge") {
                    try await expectError(.storeIsActive, from: "purge") {
                        try await store.purge(tenant: tenant, fence: bed.fence(6, .closed))
                    }
                }
            },
            repair("purge with an open fence is invalidArgument") { bed, store in
                let (tenant, _) = try await filled(bed, role: .follower)
                try await bed.unchanged(tenant, by: "a refused purge") {
                    try await expectError(.invalidArgument, from: "purge") {
                        try await store.purge(tenant: tenant, fence: bed.fence(6, .open))
                    }
                }
            },
            repair("purge below the fence is fenced, and with another fence of its epoch epochConflict") { bed, store in
                let (tenant, _) = try await filled(bed, role: .follower)
                try await bed.unchanged(tenant, by: "a refused purge") {
                    try await expectError(.fenced, from: "purge at epoch 4") {
                        try await store.purge(tenant: tenant, fence: bed.fence(4, .closed))
                    }
                    try await expectError(.epochConflict, from: "purge at epoch 5") {
                        try await store.purge(tenant: tenant, fence: bed.fence(5, .closed, successor: "other"))
                    }
                }
            },
            repair("purge of a tenant without a head is tenantNotPrepared") { bed, store in
                try await expectError(.tenantNotPrepared, from: "purge") {
                    try await store.purge(tenant: "nobody", fence: bed.fence(6, .closed))
                }
            },
        ]
    }

    private func repair(
        _ name: String,
        _ body: @escaping @Sendable (EventBed, any RepairableEventStore) async throws -> Void
    ) -> Behaviour {
        behaviour(name) { bed in
            guard let store = bed.store as? any RepairableEventStore else { return }
            try await body(bed, store)
        }
    }

    /// A tenant with five events, in this role at epoch 5.
    private func filled(_ bed: EventBed, role: Fence.Role) async throws -> (TenantID, [StoredEvent]) {
        let tenant = try await bed.follower(at: 4)
        let events = ModelEventLog.sample(count: 5, from: bed)
        _ = try await bed.store.offer(events, tenant: tenant, after: .beginning, epoch: bed.epoch(4))
        try await bed.store.raiseFence(tenant: tenant, to: bed.fence(5, role))
        return (tenant, events)
    }
}

extension ModelEventLog {
    /// Other events that follow the first `count` events of a log.
    static func branch(
        of events: [StoredEvent],
        at position: Int,
        count: Int,
        from bed: EventBed
    ) throws -> [StoredEvent] {
        var log = ModelEventLog()
        try log.prepare(bed.fence(1, .follower))
        _ = try log.offer(Array(events[..<position]), after: .beginning, epoch: bed.epoch(1))
        return sample(count: count, from: bed, after: log)
    }
}
