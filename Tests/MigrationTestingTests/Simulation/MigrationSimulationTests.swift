import Foundation
import InMemoryAdapter
import MigrationCore
import MigrationTesting
import Testing

@Suite("A simulated migration", .serialized)
struct MigrationSimulationTests {
    private static let stores = MigrationSimulation.Stores(
        makeEventStore: { id, clock in
            InMemoryEventStore(id: id, now: { WallTime(millisecondsSinceEpoch: 0) }, clock: clock)
        },
        makeDocumentStore: { id, clock, random in
            InMemoryDocumentStore(id: id, now: { WallTime(millisecondsSinceEpoch: 0) }, clock: clock, random: random)
        }
    )

    private static func run(
        _ seed: UInt64,
        wrapping wrap: (@Sendable (any RepairableEventStore) -> any RepairableEventStore)? = nil
    )
        async -> SimulationReport
    {
        var options = SimulationOptions()
        options.faultTime = .seconds(10)
        options.keepsHistory = true
        var stores = stores
        if let wrap {
            let make = stores.makeEventStore
            stores.makeEventStore = { wrap(make($0, $1)) }
        }
        let simulation = MigrationSimulation(seed: seed, options: options, stores: stores)
        // A run blocks its thread, which must not be one of the few that all other tests share.
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: simulation.run()) }
        }
    }

    @Test("holds every invariant while faults strike", arguments: [UInt64(7), 8, 9])
    func holds(seed: UInt64) async {
        let report = await Self.run(seed)
        #expect(report.violations.isEmpty)
        #expect(report.acknowledged >= 200)
        #expect(report.completedCutovers >= 2)
        #expect(report.faults.values.reduce(0, +) > 20)
    }

    @Test("has the same history for the same seed, line by line, and another one for another seed")
    func repeatable() async {
        let first = await Self.run(11)
        let again = await Self.run(11)
        #expect(first.history == again.history)
        #expect(first.digest == again.digest)
        #expect(await Self.run(12).digest != first.digest)
    }

    @Test("catches a store whose fence is not checked")
    func unfenced() async {
        let report = await Self.run(7) { UnfencedStore(inner: $0) }
        #expect(report.violations.contains { $0.contains("after its fence was raised") })
    }
}

/// A store that forgets its promise: an append carries the fence's own epoch, whatever its caller believes in.
private struct UnfencedStore: RepairableEventStore {
    let inner: any RepairableEventStore

    var id: StoreID { inner.id }
    var capabilities: EventStoreCapabilities { inner.capabilities }

    func append(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) async throws(StoreError) -> AppendResult {
        guard let fence = try await inner.head(tenant: tenant, epoch: .maintenance)?.fence,
            fence.epoch.number >= epoch.number
        else { return try await inner.append(parts, tenant: tenant, epoch: epoch) }
        let next = Epoch(number: fence.epoch.number + 1, route: fence.epoch.route)
        return try await inner.append(parts, tenant: tenant, epoch: fence.role == .open ? fence.epoch : next)
    }

    func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await inner.prepare(tenant: tenant, fence: fence)
    }

    func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try await inner.raiseFence(tenant: tenant, to: fence)
    }

    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        try await inner.offer(events, tenant: tenant, after: checkpoint, epoch: epoch)
    }

    func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await inner.readStream(stream, tenant: tenant, from: start, limit: limit, epoch: epoch)
    }

    func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await inner.readLog(tenant: tenant, after: position, limit: limit, epoch: epoch)
    }

    func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await inner.head(tenant: tenant, epoch: epoch)
    }

    func checkpoint(tenant: TenantID, at position: Int64, epoch: Epoch) async throws(StoreError) -> LogCheckpoint? {
        try await inner.checkpoint(tenant: tenant, at: position, epoch: epoch)
    }

    func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await inner.streamVersion(stream, tenant: tenant, epoch: epoch)
    }

    func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await inner.contains(event, tenant: tenant, epoch: epoch)
    }

    func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await inner.tenants(after: tenant, limit: limit)
    }

    func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError) {
        try await inner.waitForEvents(tenant: tenant, after: position, upTo: patience)
    }

    func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting head: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        try await inner.replaceLog(tenant: tenant, after: checkpoint, with: events, expecting: head, epoch: epoch)
    }

    func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await inner.purge(tenant: tenant, fence: fence)
    }

    func close() async { await inner.close() }
}
