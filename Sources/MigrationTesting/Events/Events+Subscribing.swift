internal import MigrationCore

extension EventStoreConformance {
    /// `waitForEvents`.
    var waiting: [Behaviour] {
        [
            behaviour("a wait for events that are there returns at once") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(2), tenant: tenant)
                try await within(bed.options.patience, "waitForEvents returns") {
                    try await bed.store.waitForEvents(tenant: tenant, after: 1, upTo: bed.options.patience * 2)
                }
            },
            behaviour("a wait for events ends after its patience") { bed in
                let tenant = try await bed.open()
                try await within(bed.options.patience, "waitForEvents returns") {
                    try await bed.store.waitForEvents(tenant: tenant, after: 0, upTo: .milliseconds(20))
                    try await bed.store.waitForEvents(tenant: tenant, after: 0, upTo: .zero)
                }
            },
            behaviour("a wait for events wakes up when one is appended") { bed in
                let tenant = try await bed.open()
                try await wakes(bed, tenant) { _ in try await bed.append(bed.events(1), tenant: tenant) }
            },
            behaviour("a wait for events wakes up when the fence is raised") { bed in
                let tenant = try await bed.open()
                try await wakes(bed, tenant) { round in
                    try await bed.store.raiseFence(tenant: tenant, to: bed.fence(6 + Int64(round), .closed))
                }
            },
            behaviour("a wait for events ends when its task is cancelled") { bed in
                let tenant = try await bed.open()
                try await within(bed.options.patience, "the cancelled wait ends") {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            do {
                                try await bed.store.waitForEvents(
                                    tenant: tenant,
                                    after: 0,
                                    upTo: bed.options.patience * 2
                                )
                            } catch  where error.storeCode == .cancelled {}
                        }
                        try await Task.sleep(for: .milliseconds(10))
                        group.cancelAll()
                        try await group.waitForAll()
                    }
                }
                try await bed.append(bed.events(1), tenant: tenant)
            },
        ]
    }

    /// Acts until all that wait have woken: a store far away may have begun to wait only after the first time.
    private func wakes<Result>(
        _ bed: EventBed,
        _ tenant: TenantID,
        when act: @escaping @Sendable (_ round: Int) async throws -> Result
    ) async throws {
        try await within(bed.options.patience, "waitForEvents wakes up") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let waiters = 3
                let woken = Locked(0)
                for _ in 0..<waiters {
                    group.addTask {
                        try await bed.store.waitForEvents(tenant: tenant, after: 0, upTo: bed.options.patience * 2)
                        woken.withLock { $0 += 1 }
                    }
                }
                var round = 0
                while woken.withLock({ $0 }) < waiters {
                    try await Task.sleep(for: .milliseconds(min(10 << round, 500)))
                    _ = try await act(round)
                    round += 1
                }
                try await group.waitForAll()
            }
        }
    }

    /// Subscriptions through `unrouted()`.
    var subscribing: [Behaviour] {
        [
            behaviour("a subscription catches up and then goes on live, each event once and in order") { bed in
                let store = bed.store.unrouted()
                _ = try await store.append(bed.events(5), to: "s", tenant: "tenant")
                let positions = try await within(bed.options.patience, "the subscription delivers 12 events") {
                    try await withThrowingTaskGroup(of: [Int64].self) { group in
                        group.addTask {
                            var positions: [Int64] = []
                            for try await event in store.subscribe(tenant: "tenant", after: .beginning, pageSize: 3) {
                                positions.append(event.position)
                                if positions.count == 12 { break }
                            }
                            return positions
                        }
                        for _ in 0..<7 {
                            _ = try await store.append(bed.events(1), to: "s", tenant: "tenant")
                            await Task.yield()
                        }
                        return try await group.next() ?? []
                    }
                }
                try expectEqual(positions, Array(1...12), "the positions delivered")
            },
            behaviour("a subscription begins right behind its checkpoint") { bed in
                let store = bed.store.unrouted()
                _ = try await store.append(bed.events(5), to: "s", tenant: "tenant")
                let place = try await bed.log("tenant")[2].checkpoint
                let iterator = store.subscribe(tenant: "tenant", after: place).makeAsyncIterator()
                let first = try await next(of: iterator, bed)
                try expectEqual(first?.position, 4, "the first position delivered")
            },
            behaviour("a subscription after a place that the log does not have is logDiverged") { bed in
                let store = bed.store.unrouted()
                _ = try await store.append(bed.events(2), to: "s", tenant: "tenant")
                let log = try await bed.log("tenant")
                let places = [
                    LogCheckpoint(position: 1, digest: log[1].digest),
                    LogCheckpoint(position: 9, digest: log[1].digest),
                    LogCheckpoint(position: 0, digest: log[0].digest),
                ]
                for place in places {
                    let iterator = store.subscribe(tenant: "tenant", after: place).makeAsyncIterator()
                    try await expectError(.logDiverged, from: "a subscription after \(place.position)") {
                        try await next(of: iterator, bed)
                    }
                }
            },
            behaviour("a subscription reads the next page only when the one before was taken") { bed in
                let injector = FaultInjector()
                let store = FaultInjectingEventStore(bed.store, injector: injector).unrouted()
                _ = try await bed.store.unrouted().append(bed.events(12), to: "s", tenant: "tenant")
                var iterator = store.subscribe(tenant: "tenant", after: .beginning, pageSize: 4).makeAsyncIterator()
                for number in 1...12 {
                    try expectEqual(try await iterator.next()?.position, Int64(number), "the position delivered")
                    for _ in 0..<5 { await Task.yield() }
                    try expectEqual(injector.calls, (number + 3) / 4, "the number of reads after \(number) events")
                }
            },
            behaviour("a subscription ends with fenced when the fence is raised") { bed in
                let store = bed.store.unrouted()
                _ = try await store.append(bed.events(1), to: "s", tenant: "tenant")
                try await expectError(.fenced, from: "the subscription") {
                    try await within(bed.options.patience, "the subscription ends") {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            group.addTask { for try await _ in store.subscribe(tenant: "tenant") {} }
                            try await Task.sleep(for: .milliseconds(10))
                            try await bed.store.raiseFence(tenant: "tenant", to: bed.fence(6, .closed))
                            try await group.waitForAll()
                        }
                    }
                }
            },
            behaviour("a subscription ends with cancelled when its task is cancelled") { bed in
                let store = bed.store.unrouted()
                _ = try await store.append(bed.events(1), to: "s", tenant: "tenant")
                try await expectError(.cancelled, from: "the subscription") {
                    try await within(bed.options.patience, "the subscription ends") {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            group.addTask { for try await _ in store.subscribe(tenant: "tenant") {} }
                            try await Task.sleep(for: .milliseconds(10))
                            group.cancelAll()
                            try await group.waitForAll()
                        }
                    }
                }
            },
        ]
    }

    private func next(of iterator: EventSubscription.Iterator, _ bed: EventBed) async throws -> StoredEvent? {
        var iterator = iterator
        return try await iterator.next()
    }
}
