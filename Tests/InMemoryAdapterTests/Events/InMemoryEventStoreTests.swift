import InMemoryAdapter
import MigrationCore
import Testing

@Suite("The in-memory event store")
struct InMemoryEventStoreTests {
    let store = InMemoryEventStore(now: { WallTime(millisecondsSinceEpoch: 42) })

    @Test("starts empty")
    func startsEmpty() async throws {
        #expect(store.tenants == [])
        #expect(store.events(of: "a") == [])
        #expect(store.head(of: "a") == nil)
        #expect(try await store.readLog(tenant: "a", after: 0, limit: 1, epoch: .unrouted) == [])
    }

    @Test("takes the time that it records from the injected clock")
    func injectedTime() async throws {
        _ = try await store.unrouted().append([event("E")], to: "s", tenant: "a")
        let recorded = event("F", recordedAt: WallTime(millisecondsSinceEpoch: 7))
        _ = try await store.unrouted().append([recorded], to: "s", tenant: "a")
        #expect(store.events(of: "a").map(\.recordedAt.millisecondsSinceEpoch) == [42, 7])
    }

    @Test("can be seeded and inspected without await, past every fence")
    func seedAndInspect() async throws {
        try store.seed([event("A"), event("B")], to: "s", tenant: "b")
        try store.seed([event("C")], to: "t", tenant: "b")
        try store.seed([event("D")], to: "s", tenant: "a")
        try await store.raiseFence(tenant: "b", to: Fence(epoch: Epoch(number: 9, route: route), role: .closed))
        #expect(store.tenants == ["a", "b"])
        #expect(store.events(of: "b").map(\.type) == ["A", "B", "C"])
        #expect(store.events(of: "b", in: "s").map(\.version) == [1, 2])
        #expect(store.eventCount(of: "b") == 3)
        #expect(store.head(of: "b")?.position == 3)
        await expect(.fenced) { try store.seed([event("E")], to: "s", tenant: "b") }
    }

    @Test("seeds under the epoch that the tenant is open at")
    func seedUnderEpoch() async throws {
        let epoch = Epoch(number: 4, route: route)
        try await store.prepare(tenant: "a", fence: Fence(epoch: epoch, role: .open))
        try store.seed([event("A")], to: "s", tenant: "a")
        #expect(store.head(of: "a")?.fence.epoch == epoch)
    }

    @Test("shares nothing with another instance or with what callers hold")
    func isolation() async throws {
        var mine = event("A")
        try store.seed([mine], to: "s", tenant: "a")
        mine.payload["changed"] = true
        var page = try await store.readLog(tenant: "a", after: 0, limit: 10, epoch: .unrouted)
        page.removeAll()
        #expect(store.events(of: "a").map(\.payload) == [["name": "A"]])
        #expect(InMemoryEventStore().tenants == [])
    }

    @Test("pages tenants by their bytes")
    func tenants() async throws {
        for tenant: TenantID in ["b", "ä", "a", "B"] { try store.seed([event("A")], to: "s", tenant: tenant) }
        #expect(try await store.tenants(after: nil, limit: 3) == ["B", "a", "b"])
        #expect(try await store.tenants(after: "aa", limit: 9) == ["b", "ä"])
        #expect(try await store.tenants(after: "ä", limit: 9) == [])
    }

    @Test(
        "reads pages of a stream in both directions, at and beyond its ends",
        arguments: [
            (StreamPosition.first, 2, [1, 2]), (.forward(from: 0), 1, [1]), (.forward(from: 3), 9, [3]),
            (.forward(from: 4), 9, []), (.forward(from: .max), .max, []), (.last, 2, [3, 2]),
            (.backward(from: 2), .max, [2, 1]), (.backward(from: 0), 9, []),
        ]
    )
    func streamPages(start: StreamPosition, limit: Int, versions: [Int64]) async throws {
        for type in ["A", "B", "C"] {
            try store.seed([event(type)], to: "s", tenant: "a")
            try store.seed([event(type)], to: "t", tenant: "a")
        }
        let page = try await store.readStream("s", tenant: "a", from: start, limit: limit, epoch: .unrouted)
        #expect(page.map(\.version) == versions)
        #expect(page.allSatisfy { $0.stream == "s" })
    }

    @Test("gives every one of many concurrent appends a place of its own")
    func concurrentAppends() async throws {
        let events = store.unrouted()
        try await withThrowingTaskGroup { group in
            for writer in 0..<8 {
                group.addTask {
                    let stream = try StreamID("s\(writer)")
                    for _ in 0..<50 { _ = try await events.append([event("E")], to: stream, tenant: "a") }
                }
            }
            try await group.waitForAll()
        }
        let log = store.events(of: "a")
        #expect(log.map(\.position) == Array(1...400))
        var digest = LogDigest.empty
        for event in log {
            digest = event.chainedDigest(after: digest)
            #expect(event.digest == digest)
        }
        #expect(store.head(of: "a")?.digest == digest)
    }

    @Test("throws cancelled and applies nothing when the task was cancelled")
    func cancelled() async throws {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await store.unrouted().append([event("A")], to: "s", tenant: "a")
        }
        await expect(.cancelled) { try await task.value }
        #expect(store.tenants == [])
    }

    @Test("throws closed after close, and can still be inspected")
    func closed() async throws {
        try store.seed([event("A")], to: "s", tenant: "a")
        await store.close()
        await store.close()
        await expect(.closed) { _ = try await store.head(tenant: "a", epoch: .unrouted) }
        await expect(.closed) { _ = try await store.tenants(after: nil, limit: 1) }
        await expect(.closed) { _ = try await store.unrouted().append([event("B")], to: "s", tenant: "a") }
        await expect(.closed) { try await store.waitForEvents(tenant: "a", after: 1, upTo: .seconds(1)) }
        await expect(.closed) { try store.seed([event("B")], to: "s", tenant: "a") }
        #expect(store.eventCount(of: "a") == 1)
    }

    @Test("stands in for a store with smaller limits")
    func limits() async throws {
        var limits = EventStoreCapabilities.inMemory
        limits.maximumAppendEvents = 1
        let store = InMemoryEventStore(id: "small", capabilities: limits)
        do {
            try store.seed([event("A"), event("B")], to: "s", tenant: "a")
            Issue.record("Two events were taken.")
        } catch {
            #expect(error.code == .eventTooLarge)
            #expect(error.context.store == "small")
        }
    }
}

let route = RouteID(high: 1, low: 2)

func event(_ type: String, recordedAt: WallTime? = nil) -> NewEvent {
    NewEvent(
        type: type,
        occurredAt: WallTime(millisecondsSinceEpoch: 1),
        recordedAt: recordedAt,
        payload: ["name": .string(type)]
    )
}
