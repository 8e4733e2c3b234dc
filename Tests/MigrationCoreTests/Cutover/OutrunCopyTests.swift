import InMemoryAdapter
import Testing

@testable import MigrationCore

/// A target that takes events more slowly than others append them to the source: each offer that it applies is answered only
/// after so many more have been appended there. What the fence of a cutover refuses is not appended.
private final class OutrunStore: ForwardingEventStore {
    let base: InMemoryEventStore
    private let source: InMemoryEventStore
    /// How many events are appended to the source for each one that this store takes.
    private let ratio: Double
    private let delay: Duration
    /// No more than that many: a copy that waits for the writers to end fails its test instead of filling the memory.
    private static let maximum: Int64 = 300_000
    private let appended = Locked<Int64>(0)

    init(_ base: InMemoryEventStore, source: InMemoryEventStore, ratio: Double, delay: Duration) {
        self.base = base
        self.source = source
        self.ratio = ratio
        self.delay = delay
    }

    /// Whether the writers have ended because the copy did not.
    var isExhausted: Bool { appended.withLock { $0 >= Self.maximum } }

    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        let outcome = try await base.offer(events, tenant: tenant, after: checkpoint, epoch: epoch)
        if delay > .zero {
            do { try await Task.sleep(for: delay) } catch { throw StoreError(.cancelled, "The offer was cancelled.") }
        }
        guard case .applied(_, let count) = outcome, count > 0, !isExhausted else { return outcome }
        let more = Int((Double(count) * ratio).rounded(.up))
        guard let fence = try await source.head(tenant: tenant, epoch: .maintenance)?.fence else { return outcome }
        do throws(StoreError) {
            try await appendEvents(more, to: source, tenant: tenant, epoch: fence.epoch)
            appended.withLock { $0 += Int64(more) }
        } catch  where error.code == .fenced {}
        return outcome
    }
}

/// Appends events in batches that an in-memory store takes.
private func appendEvents(
    _ count: Int,
    to store: InMemoryEventStore,
    tenant: TenantID = Fleet.tenant,
    epoch: Epoch
) async throws(StoreError) {
    var rest = count
    while rest > 0 {
        let events = (0..<min(rest, 500)).map { _ in
            NewEvent(
                type: "Load",
                occurredAt: WallTime(millisecondsSinceEpoch: 0),
                recordedAt: WallTime(millisecondsSinceEpoch: 0),
                payload: [:]
            )
        }
        _ = try await store.append([StreamAppend("load", events: events)], tenant: tenant, epoch: epoch)
        rest -= events.count
    }
}

@Suite("A copy that writers outrun", .timeLimit(.minutes(2)))
struct OutrunCopyTests {
    /// A tenant with a history in the first of two stores, and the second one outrun by its writers.
    private struct Setting {
        let fleet: Fleet
        let target: OutrunStore

        init(ratio: Double, delay: Duration = .zero) {
            let made = Locked<(source: InMemoryEventStore?, target: OutrunStore?)>((nil, nil))
            fleet = Fleet { store in
                made.withLock { made in
                    guard let source = made.source else {
                        made.source = store
                        return store
                    }
                    let target = OutrunStore(store, source: source, ratio: ratio, delay: delay)
                    made.target = target
                    return target
                }
            }
            guard let target = made.withLock({ $0.target }) else { preconditionFailure("A fleet has two stores.") }
            self.target = target
        }

        func makeProcess(cutoverTimeout: Duration) throws -> Fleet.Process {
            var configuration = MigrationCoordinator.Configuration.quick
            configuration.cutoverTimeout = cutoverTimeout
            configuration.maximumDrainEvents = 10
            configuration.copier.maximumBatchEvents = 100
            configuration.copier.maximumPageEvents = 100
            return try fleet.makeProcess(configuration)
        }

        /// Gives the tenant a history of 100 events and starts to move it.
        func start(_ process: Fleet.Process) async throws -> MigrationID {
            let event = NewEvent(type: "First", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])
            _ = try await process.router.append([event], to: "first", tenant: Fleet.tenant)
            let fence = try #require(try await fleet.first.head(tenant: Fleet.tenant, epoch: .maintenance)?.fence)
            try await appendEvents(99, to: fleet.first, epoch: fence.epoch)
            return try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        }
    }

    @Test(
        "goes on to dual_write, and the fence of a cutover ends the race",
        arguments: [0.4, 0.75, 1.0, 1.2, 1.6]
    )
    func race(ratio: Double) async throws {
        let setting = Setting(ratio: ratio)
        // Enough for a drain on a machine that is busy with all other tests, or with a sanitizer.
        let process = try setting.makeProcess(cutoverTimeout: .seconds(60))
        let id = try await setting.start(process)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            try await process.coordinator.cutOver(id)
            group.cancelAll()
        }
        #expect(!setting.target.isExhausted)
        #expect(try await process.coordinator.migration(id)?.state == .migrated)
        let events = try await wholeLog(in: setting.fleet.second)
        #expect(events.count >= 100)
        #expect(events == (try await wholeLog(in: setting.fleet.first)))
    }

    @Test("says so, and a cutover is refused that could not drain what the target lacks in its time")
    func refusal() async throws {
        // At most 100 events in 10 ms, and a drain may take 5 ms.
        let setting = Setting(ratio: 1.5, delay: .milliseconds(10))
        let process = try setting.makeProcess(cutoverTimeout: .milliseconds(10))
        let id = try await setting.start(process)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            do throws(CutoverError) {
                try await process.coordinator.cutOver(id)
                Issue.record("A cutover began that could not end in its time.")
            } catch {
                #expect(error.code == .lag)
                #expect(try #require(error.lag) > 10)
                #expect(error.message.contains("events per second"))
            }
            // Nothing was parked and nothing changed.
            #expect(try await process.coordinator.route(of: Fleet.tenant)?.state == .dualWrite)
            var obstacle: String?
            while obstacle == nil, !setting.target.isExhausted {
                obstacle = try await process.coordinator.status(of: id).stuckOn
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(obstacle?.contains("does not come closer") == true)
            group.cancelAll()
        }
        // With more time the same move is done.
        let patient = try setting.makeProcess(cutoverTimeout: .seconds(60))
        try await patient.coordinator.cutOver(id)
        #expect(try await patient.coordinator.migration(id)?.state == .migrated)
        #expect(!setting.target.isExhausted)
        #expect(
            try await wholeLog(in: setting.fleet.second).count == (try await wholeLog(in: setting.fleet.first)).count
        )
    }

    @Test("counts as outrun after two passes in a row that end with no smaller lag")
    func catchUp() {
        var catchUp = CatchUp()
        for lag in [100, 100, 80, 90, 85] as [Int64] {
            catchUp.pass(endedWith: lag)
            #expect(!catchUp.isOutrun)
        }
        catchUp.pass(endedWith: 85)
        #expect(catchUp.isLosing && !catchUp.isOutrun)
        catchUp.pass(endedWith: 86)
        #expect(catchUp.isOutrun && catchUp.isOutrun(beyond: 85) && !catchUp.isOutrun(beyond: 86))
        catchUp.pass(endedWith: 0)
        #expect(!catchUp.isLosing)
        catchUp.pass(endedWith: 0)
        #expect(!catchUp.isLosing)
    }
}
