import InMemoryAdapter
import Testing

@testable import MigrationCore

/// Two processes that do the same thing at the same time, in the order in which killed processes were seen to do it.
@Suite("Two processes at once", .timeLimit(.minutes(2)))
struct RaceTests {
    private let event = NewEvent(type: "E", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])

    @Test("a call that prepares a store and finds it prepared under a newer route goes on under that route")
    func preparedMeanwhile() async throws {
        let first = HookedEventStore(InMemoryEventStore(id: "first"))
        let stores = try StoreRegistry([first, InMemoryEventStore(id: "second")])
        let documents = InMemoryDocumentStore(id: "control")
        let control = ControlStore(documents)
        let router = try TenantRouter(control: control, stores: stores, home: "first")
        try await control.establishRoute(of: Fleet.tenant, home: "first", stores: stores)
        // Another process changes the route, and prepares the store just before this one does.
        let other = ControlStore(documents)
        let author = ChangeAuthor(name: "other", now: { .now() })
        let route = try await other.change(Fleet.tenant, by: author) { _ in
            .start(MigrationID(), source: "first", target: "second", reverses: nil)
        }.value
        try await first.prepare(tenant: Fleet.tenant, fence: Fence(epoch: route.epoch, role: .open))
        first.refuseAppend(with: StoreError(.tenantNotPrepared, "The tenant has no head yet."))
        let result = try await router.append([event], to: "s", tenant: Fleet.tenant)
        #expect(result.positions == 1...1)
    }
}
