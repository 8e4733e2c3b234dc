import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Waiting for events in memory", .timeLimit(.minutes(5)))
struct EventWaitingTests {
    let store = InMemoryEventStore(clock: TestClock.stopped)

    /// Starts to wait, does something once the call waits, and expects the call to return.
    func expectWake(after position: Int64 = 1, by wake: (InMemoryEventStore) async throws -> Void) async throws {
        try store.seed([event("A")], to: "s", tenant: "a")
        try await withThrowingTaskGroup { group in
            group.addTask { try await store.waitForEvents(tenant: "a", after: position, upTo: .seconds(1)) }
            await until { store.waitingCount == 1 }
            try await wake(store)
            try await group.waitForAll()
        }
        #expect(store.waitingCount == 0)
    }

    @Test("an append wakes it at once")
    func append() async throws {
        try await expectWake { try $0.seed([event("B")], to: "s", tenant: "a") }
    }

    @Test("a raised fence wakes it at once")
    func fence() async throws {
        try await expectWake {
            try await $0.raiseFence(tenant: "a", to: Fence(epoch: Epoch(number: 2, route: route), role: .closed))
        }
    }

    @Test("closing the store wakes it at once")
    func close() async throws {
        try await expectWake { await $0.close() }
    }

    @Test("the first event of a tenant that is not there yet wakes it at once")
    func newTenant() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await store.waitForEvents(tenant: "new", after: 0, upTo: .seconds(1)) }
            await until { store.waitingCount == 1 }
            try store.seed([event("A")], to: "s", tenant: "new")
            try await group.waitForAll()
        }
    }

    @Test("an event of another tenant does not wake it, and cancelling does")
    func cancellation() async throws {
        try store.seed([event("A")], to: "s", tenant: "a")
        let task = Task { try await store.waitForEvents(tenant: "a", after: 1, upTo: .seconds(1)) }
        await until { store.waitingCount == 1 }
        try store.seed([event("B")], to: "s", tenant: "b")
        #expect(store.waitingCount == 1)
        task.cancel()
        await expect(.cancelled) { try await task.value }
        #expect(store.waitingCount == 0)
    }

    @Test("events that are there already, or no patience, return at once")
    func atOnce() async throws {
        try store.seed([event("A")], to: "s", tenant: "a")
        try await store.waitForEvents(tenant: "a", after: 0, upTo: .seconds(1))
        try await store.waitForEvents(tenant: "a", after: 1, upTo: .zero)
        #expect(store.waitingCount == 0)
    }

    @Test("patience ends by the injected clock and leaves nobody behind")
    func patience() async throws {
        let store = InMemoryEventStore(clock: TestClock.hasty)
        try store.seed([event("A")], to: "s", tenant: "a")
        try await store.waitForEvents(tenant: "a", after: 1, upTo: .seconds(3600))
        #expect(store.waitingCount == 0)
    }

    @Test("a subscription catches up and then follows live")
    func subscription() async throws {
        try store.seed([event("A"), event("B")], to: "s", tenant: "a")
        try await withThrowingTaskGroup(of: [String].self) { group in
            group.addTask {
                var types: [String] = []
                for try await event in store.unrouted().subscribe(tenant: "a", after: .beginning, pageSize: 1) {
                    types.append(event.type)
                    if types.count == 4 { break }
                }
                return types
            }
            await until { store.waitingCount == 1 }
            try store.seed([event("C"), event("D")], to: "s", tenant: "a")
            #expect(try await group.next() == ["A", "B", "C", "D"])
        }
    }
}
