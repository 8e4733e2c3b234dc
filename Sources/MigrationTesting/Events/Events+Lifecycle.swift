internal import MigrationCore

extension EventStoreConformance {
    /// Closing, cancelling and restarting.
    var lifecycle: [Behaviour] {
        [
            behaviour("after close every call throws closed, and closing again does nothing") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(1), tenant: tenant)
                let offer = ModelEventLog.sample(count: 1, from: bed)
                await bed.store.close()
                await bed.store.close()
                let store = bed.store
                let epoch = bed.epoch(5)
                let calls: [(String, () async throws -> Void)] = [
                    ("prepare", { try await store.prepare(tenant: tenant, fence: bed.fence(5, .open)) }),
                    ("raiseFence", { try await store.raiseFence(tenant: tenant, to: bed.fence(6, .closed)) }),
                    ("append", { try await bed.append(bed.events(1), tenant: tenant) }),
                    ("offer", { _ = try await store.offer(offer, tenant: tenant, after: .beginning, epoch: epoch) }),
                    (
                        "readStream",
                        { _ = try await store.readStream("s", tenant: tenant, from: .first, limit: 1, epoch: epoch) }
                    ),
                    ("readLog", { _ = try await store.readLog(tenant: tenant, after: 0, limit: 1, epoch: epoch) }),
                    ("head", { _ = try await store.head(tenant: tenant, epoch: epoch) }),
                    ("checkpoint", { _ = try await store.checkpoint(tenant: tenant, at: 1, epoch: epoch) }),
                    ("streamVersion", { _ = try await store.streamVersion("s", tenant: tenant, epoch: epoch) }),
                    ("contains", { _ = try await store.contains(offer[0].id, tenant: tenant, epoch: epoch) }),
                    ("tenants", { _ = try await store.tenants(after: nil, limit: 1) }),
                    ("waitForEvents", { try await store.waitForEvents(tenant: tenant, after: 1, upTo: .zero) }),
                ]
                for (name, call) in calls { try await expectError(.closed, from: "\(name) after close", call) }
            },
            behaviour("a cancelled task appends nothing, is told so, and leaves the store usable") { bed in
                let tenant = try await bed.open()
                try await bed.unchanged(tenant, by: "a cancelled append") {
                    try await expectError(.cancelled, from: "an append of a cancelled task") {
                        try await cancelled { try await bed.append(bed.events(1), tenant: tenant) }
                    }
                }
                try await bed.append(bed.events(1), tenant: tenant)
            },
            behaviour("a read by a cancelled task throws cancelled") { bed in
                let tenant = try await bed.open()
                try await expectError(.cancelled, from: "a read of a cancelled task") {
                    try await cancelled {
                        try await bed.store.readLog(tenant: tenant, after: 0, limit: 1, epoch: bed.epoch(5))
                    }
                }
            },
            behaviour("cancelling tasks at work loses no acknowledged append and adds no other") { bed in
                let tenant = try await bed.open()
                let (acknowledged, refused) = try await appendsUnderCancellation(bed, tenant)
                let ids = Set(try await bed.log(tenant).map(\.id))
                try expect(ids.isSuperset(of: acknowledged), "every acknowledged event is in the log")
                try expect(ids.isDisjoint(with: refused), "no event of a cancelled append is in the log")
                try await bed.append(bed.events(1), tenant: tenant)
            },
            behaviour("log, versions, ids and fence survive a restart") { bed in
                let tenant = try await bed.open()
                let events = SampleEvents.all(bed)
                try await bed.append(events, tenant: tenant)
                let fence = bed.fence(6, .open, successor: "next")
                let head = try await bed.store.raiseFence(tenant: tenant, to: fence)
                let log = try await bed.log(tenant)
                guard let again = try await bed.reopened() else { return }
                try expectEqual(try await again.head(tenant), head, "the head")
                try await expectLog(again, tenant, log)
                try await expectError(.fenced, from: "an append under the epoch before") {
                    try await again.append(bed.events(1), tenant: tenant)
                }
                let repeated = try await again.append(Array(events[..<2]), tenant: tenant, epoch: 6)
                try expectEqual(repeated.wasAlreadyThere, true, "wasAlreadyThere of an append from before")
                let next = try await again.append(
                    bed.events(1),
                    expected: .exact(Int64(events.count)),
                    tenant: tenant,
                    epoch: 6
                )
                try expectEqual(next.positions.lowerBound, Int64(events.count) + 1, "the next position")
                await again.store.close()
            },
        ]
    }

    private func appendsUnderCancellation(
        _ bed: EventBed,
        _ tenant: TenantID
    ) async throws -> (acknowledged: [EventID], refused: [EventID]) {
        let outcomes = Locked<(acknowledged: [EventID], refused: [EventID])>(([], []))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<bed.options.tasks {
                group.addTask {
                    while !Task.isCancelled {
                        await Task.yield()
                        let event = bed.event()
                        do {
                            try await bed.append([event], tenant: tenant)
                            outcomes.withLock { $0.acknowledged.append(event.id) }
                        } catch  where error.storeCode != .outcomeUnknown {
                            outcomes.withLock { $0.refused.append(event.id) }
                        } catch {}
                    }
                }
            }
            for _ in 0..<20 { await Task.yield() }
            group.cancelAll()
        }
        return outcomes.withLock { $0 }
    }
}

/// Runs a call in a task that was cancelled before it began.
func cancelled<Result: Sendable>(_ call: @escaping @Sendable () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.cancelAll()
        group.addTask { try await call() }
        guard let result = try await group.next() else { throw CancellationError() }
        return result
    }
}
