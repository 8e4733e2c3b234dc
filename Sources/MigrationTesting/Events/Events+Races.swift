internal import MigrationCore

extension EventStoreConformance {
    /// Writers against a fence that is raised while they are at work.
    var fenceRaces: [Behaviour] {
        [
            behaviour("many writers race a fence: nothing commits after raiseFence has returned") { bed in
                for round in 0..<3 {
                    try await race(bed, tenant: try TenantID("tenant-\(round)"))
                }
            },
            behaviour("a writer that started before the fence and finishes after it is rejected") { bed in
                let count = max(1, min(200, bed.store.capabilities.maximumAppendEvents / 2))
                for round in 0..<12 {
                    let tenant = try await bed.open(try TenantID("tenant-\(round)"))
                    let events = bed.events(count)
                    let (fenced, appended) = try await withThrowingTaskGroup(of: AppendResult?.self) { group in
                        group.addTask {
                            do {
                                return try await bed.append(events, tenant: tenant)
                            } catch {
                                guard error.storeCode == .fenced else { throw error }
                                return nil
                            }
                        }
                        // The writer is ahead by anything from nothing to most of its work.
                        for _ in 0..<(round * round) { await Task.yield() }
                        let head = try await bed.store.raiseFence(tenant: tenant, to: bed.fence(6, .closed))
                        return (head, try await group.next() ?? nil)
                    }
                    let log = try await bed.log(tenant)
                    try expectEqual(
                        try await bed.head(tenant),
                        fenced,
                        "the head after the writer, which was \(appended == nil ? "rejected" : "acknowledged"), had ended"
                    )
                    try expectEqual(log.count, appended == nil ? 0 : count, "the number of events in the log")
                }
            },
            behaviour("busy writers do not starve the one who raises the fence") { bed in
                let tenant = try await bed.open()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<bed.options.tasks {
                        group.addTask { _ = try await write(bed, tenant, until: Locked(0)) }
                    }
                    _ = try await within(bed.options.patience, "raiseFence returns") {
                        try await bed.store.raiseFence(tenant: tenant, to: bed.fence(6, .closed))
                    }
                    try await group.waitForAll()
                }
            },
        ]
    }

    private func race(_ bed: EventBed, tenant: TenantID) async throws {
        _ = try await bed.open(tenant)
        let count = Locked(0)
        let (acknowledged, fenced) = try await withThrowingTaskGroup(of: [EventID].self) { group in
            for _ in 0..<bed.options.tasks {
                group.addTask { try await write(bed, tenant, until: count) }
            }
            while count.withLock({ $0 }) < bed.options.tasks { try await Task.sleep(for: .milliseconds(1)) }
            let head = try await bed.store.raiseFence(tenant: tenant, to: bed.fence(6, .closed))
            var ids: [EventID] = []
            for try await some in group { ids += some }
            return (ids, head)
        }
        try expectEqual(try await bed.head(tenant), fenced, "the head after all writers have ended")
        let log = try await bed.log(tenant)
        try expectEqual(log.count, acknowledged.count, "the number of events in the log and of acknowledged ones")
        try expectEqual(Set(log.map(\.id)), Set(acknowledged), "the events of the log are the acknowledged ones")
    }

    /// Appends one event after the other until the fence stops it, and returns what was acknowledged.
    private func write(_ bed: EventBed, _ tenant: TenantID, until count: Locked<Int>) async throws -> [EventID] {
        var ids: [EventID] = []
        while true {
            try Task.checkCancellation()
            // A store that never suspends would otherwise keep every thread of the pool.
            await Task.yield()
            let event = bed.event(ids.count)
            do {
                try await bed.append([event], tenant: tenant)
                ids.append(event.id)
                count.withLock { $0 += 1 }
            } catch {
                if error.code == .fenced { return ids }
                guard error.code.isRetryable else { throw error }
            }
        }
    }
}
