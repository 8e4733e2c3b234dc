import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import Testing

/// What becomes of logs when requests and replies are lost, and when they are repaired.
@Suite("Events in Cosmos DB under failures", .timeLimit(.minutes(5)), .needsAzureEmulator, .azureEmulator)
struct CosmosEventFailureTests {
    private static let open = Fence(epoch: .unrouted, role: .open)

    private func events(_ count: Int, from first: Int = 0) -> [NewEvent] {
        (first..<first + count).map { number in
            NewEvent(
                type: "Happened",
                occurredAt: WallTime(millisecondsSinceEpoch: Int64(number)),
                payload: ["n": .int32(Int32(number))]
            )
        }
    }

    private func log(_ store: CosmosEventStore, _ tenant: TenantID) async throws -> [StoredEvent] {
        var events: [StoredEvent] = []
        while true {
            let after = events.last?.position ?? 0
            let page = try await store.readLog(tenant: tenant, after: after, limit: 70, epoch: .maintenance)
            if page.isEmpty { return events }
            events += page
        }
    }

    @Test("an append whose reply was lost is there once, and is acknowledged")
    func lostReply() async throws {
        let bed = try CosmosBed()
        let store = try await bed.events()
        try await bed.server.add([bed.fault("POST", .replyLost)])
        _ = try await store.prepare(tenant: "acme", fence: Self.open)
        for effect in [AzureServer.Effect.replyLost, .requestLost, .busy] {
            try await bed.server.add([bed.fault("POST", effect, next: 2)])
            let before = try #require(try await store.head(tenant: "acme", epoch: .maintenance)).position
            let result = try await store.append(
                [StreamAppend("s", events: events(3))],
                tenant: "acme",
                epoch: .unrouted
            )
            #expect(result.positions == before + 1...before + 3 && !result.wasAlreadyThere)
        }
        #expect(try await log(store, "acme").map(\.position) == Array(1...9))
        try await bed.server.add([bed.fault("PATCH", .replyLost)])
        let fence = Fence(epoch: Epoch(number: 7, route: .init(high: 1, low: 2)), role: .closed)
        #expect(try await store.raiseFence(tenant: "acme", to: fence).fence == fence)
        await store.close()
    }

    @Test("two processes whose replies are lost now and then append each event once")
    func twoProcesses() async throws {
        let bed = try CosmosBed()
        let stores = [try await bed.events(), try await bed.events()]
        _ = try await stores[0].prepare(tenant: "acme", fence: Self.open)
        var fault = bed.fault("POST", .replyLost, next: 10)
        fault.every = 5
        try await bed.server.add([fault])
        let acknowledged = try await withThrowingTaskGroup(of: [(EventID, Int64)].self) { group in
            for writer in 0..<8 {
                let store = stores[writer % 2]
                let all = events(12, from: writer * 100)
                group.addTask {
                    var places: [(EventID, Int64)] = []
                    for event in all {
                        let part = StreamAppend(try StreamID("s\(writer)"), events: [event])
                        let result = try await store.append([part], tenant: "acme", epoch: .unrouted)
                        places.append((event.id, result.positions.lowerBound))
                    }
                    return places
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let stored = try await log(stores[0], "acme")
        #expect(stored.map(\.position) == Array(1...96))
        var digest = LogDigest.empty
        for event in stored {
            digest = event.chainedDigest(after: digest)
            #expect(event.digest == digest)
        }
        for (id, position) in acknowledged { #expect(stored[Int(position) - 1].id == id) }
        for store in stores { await store.close() }
    }

    @Test("a log of more events than one request takes is purged, and copied anew under its fence")
    func purge() async throws {
        let bed = try CosmosBed()
        let store = try await bed.events()
        _ = try await store.prepare(tenant: "acme", fence: Self.open)
        for round in 0..<3 {
            let part = StreamAppend("s", events: events(90, from: round * 90))
            _ = try await store.append([part], tenant: "acme", epoch: .unrouted)
        }
        let all = try await log(store, "acme")
        #expect(all.count == 270)
        let route = Epoch.unrouted.route
        func fence(_ number: Int64, _ role: Fence.Role) -> Fence {
            Fence(epoch: Epoch(number: number, route: route), role: role)
        }
        _ = try await store.raiseFence(tenant: "acme", to: fence(2, .follower))
        let place = all[99].checkpoint
        let head = try await store.replaceLog(
            tenant: "acme",
            after: place,
            with: Array(all[100..<150]),
            expecting: all[269].checkpoint,
            epoch: Epoch(number: 2, route: route)
        )
        #expect(head.position == 150)
        #expect(try await log(store, "acme") == Array(all[..<150]))
        #expect(try await store.streamVersion("s", tenant: "acme", epoch: .maintenance) == 150)
        #expect(try await !store.contains(all[200].id, tenant: "acme", epoch: .maintenance))
        let purged = try await store.purge(tenant: "acme", fence: fence(3, .follower))
        #expect(purged.position == 0)
        #expect(try await log(store, "acme").isEmpty)
        for start in stride(from: 0, to: 270, by: 90) {
            let after = start == 0 ? LogCheckpoint.beginning : all[start - 1].checkpoint
            _ = try await store.offer(
                Array(all[start..<start + 90]),
                tenant: "acme",
                after: after,
                epoch: Epoch(number: 3, route: route)
            )
        }
        #expect(try await log(store, "acme") == all)
        await store.close()
    }

    @Test("two processes that sweep one purged log together leave nothing of it, and are in nobody's way")
    func sweeps() async throws {
        let bed = try CosmosBed()
        let stores = [try await bed.events(), try await bed.events()]
        func items() async throws -> Int {
            try await bed.server.itemCount(database: bed.database, container: "cutover-events")
        }
        _ = try await stores[0].prepare(tenant: "acme", fence: Self.open)
        for round in 0..<2 {
            let part = StreamAppend("s", events: events(65, from: round * 65))
            _ = try await stores[0].append([part], tenant: "acme", epoch: .unrouted)
        }
        let all = try await log(stores[0], "acme")
        func fence(_ number: Int64) -> Fence {
            Fence(epoch: Epoch(number: number, route: Epoch.unrouted.route), role: .follower)
        }
        _ = try await stores[0].raiseFence(tenant: "acme", to: fence(2))
        // The first purge is carried out, and its sweep is refused, so that there is something to sweep for two.
        try await bed.server.add([bed.fault("POST", .refused(status: 400, substatus: 0), skip: 1)])
        _ = try await stores[0].purge(tenant: "acme", fence: fence(3))
        #expect(try await items() == 131)
        // Requests that take their time: each finds that some items of its batch have gone meanwhile.
        try await bed.server.add([bed.fault("POST", .delayed(milliseconds: 20), next: nil)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in stores {
                group.addTask { _ = try await store.purge(tenant: "acme", fence: fence(4)) }
            }
            try await group.waitForAll()
        }
        #expect(try await items() == 1)
        for start in [0, 65] {
            _ = try await stores[1].offer(
                Array(all[start..<start + 65]),
                tenant: "acme",
                after: start == 0 ? .beginning : all[start - 1].checkpoint,
                epoch: fence(4).epoch
            )
        }
        #expect(try await log(stores[0], "acme") == all)
        #expect(try await items() == 131)
        for store in stores { await store.close() }
    }

    @Test("an item that another sweep was faster with keeps none of the others of its batch")
    func overtakenSweep() async throws {
        // One of its own, because its faults are counted.
        let server = try AzureServer.start()
        let configuration = try CosmosBed.configuration("shop", on: server)
        let store = try await CosmosEventStore.connect(id: "events", configuration)
        let items = try await CosmosDocumentStore.connect(id: "items", configuration)
        _ = try await store.prepare(tenant: "acme", fence: Self.open)
        _ = try await store.append([StreamAppend("s", events: events(50))], tenant: "acme", epoch: .unrouted)
        let page = try await items.scan(ScanRange("cutover-events"), after: nil, pageSize: 10)
        let event = try #require(page.documents.map(\.key).first { $0.id.text.hasPrefix("e.") })
        let fence = Fence(epoch: Epoch(number: 2, route: Epoch.unrouted.route), role: .follower)
        _ = try await store.raiseFence(tenant: "acme", to: fence)
        // The purge itself, the look, and then the batch that deletes, which is held up.
        var delay = AzureServer.Fault("cosmos", "POST", path: "/dbs/shop/*", .delayed(milliseconds: 1_000))
        (delay.skip, delay.next) = (2, 1)
        try await server.add([delay])
        let purge = Task { try await store.purge(tenant: "acme", fence: fence) }
        while try await server.faultsMet() == [0] { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try await items.delete(event).isApplied)
        _ = try await purge.value
        #expect(try await server.itemCount(database: "shop", container: "cutover-events") == 1)
        await store.close()
        await items.close()
    }

    @Test("a fence is raised although writers change the head all the time")
    func busyWriters() async throws {
        let bed = try CosmosBed()
        let stores = [try await bed.events(), try await bed.events()]
        _ = try await stores[0].prepare(tenant: "acme", fence: Self.open)
        let raised = Locked(false)
        let fence = Fence(epoch: Epoch(number: 5, route: .init(high: 3, low: 4)), role: .closed)
        let late = try await withThrowingTaskGroup(of: Int64.self) { group in
            for writer in 0..<6 {
                let store = stores[writer % 2]
                group.addTask {
                    var last: Int64 = 0
                    for number in 0..<10_000 {
                        let event = NewEvent(
                            type: "Happened",
                            occurredAt: .now(),
                            payload: ["n": .int32(Int32(number))]
                        )
                        let part = StreamAppend(try StreamID("s\(writer)"), events: [event])
                        do {
                            last = try await store.append([part], tenant: "acme", epoch: .unrouted).positions.upperBound
                        } catch let error as StoreError where error.code == .fenced {
                            return last
                        }
                    }
                    return .max
                }
            }
            try await Task.sleep(for: .milliseconds(100))
            let head = try await stores[0].raiseFence(tenant: "acme", to: fence)
            raised.withLock { $0 = true }
            var last: Int64 = 0
            for try await position in group { last = max(last, position) }
            return (head.position, last)
        }
        #expect(raised.withLock { $0 } && late.1 == late.0)
        #expect(try await stores[0].head(tenant: "acme", epoch: .maintenance)?.position == late.0)
        for store in stores { await store.close() }
    }
}

extension CosmosBed {
    func events() async throws -> CosmosEventStore {
        var options = CosmosLogOptions()
        options.pollingInterval = .milliseconds(10)
        return try await CosmosEventStore.connect(
            id: "events",
            try Self.configuration(database, on: server),
            options: options
        )
    }
}
