import InMemoryAdapter
import Testing

@testable import MigrationCore

@Suite("A tenant's live move", .timeLimit(.minutes(5)))
struct LiveMoveTests {
    /// Runs writers in two processes and a coordinator, and gives the body the first process.
    private func underLoad(
        _ fleet: Fleet,
        writers: Int = 8,
        log: WriterLog,
        _ body: @escaping @Sendable (Fleet.Process) async throws -> Void
    ) async throws {
        let processes = [try fleet.makeProcess(), try fleet.makeProcess()]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                let router = processes[writer % 2].router
                group.addTask { await write(through: router, as: writer, to: log) }
            }
            for process in processes { group.addTask { try? await process.coordinator.run() } }
            try await body(processes[0])
            group.cancelAll()
        }
    }

    /// Every acknowledged event is in the log once, at the position that was acknowledged, and the chain is whole.
    private func prove(_ log: WriterLog, in store: any FencedEventStore) async throws {
        let events = try await wholeLog(in: store)
        #expect(events.map(\.position) == Array(1...Int64(max(1, events.count))))
        #expect(Set(events.map(\.id)).count == events.count)
        let positions = Dictionary(uniqueKeysWithValues: events.map { ($0.id, $0.position) })
        for (id, position) in log.acknowledged { #expect(positions[id] == position) }
        var digest = LogDigest.empty
        for event in events {
            digest = event.chainedDigest(after: digest)
            #expect(event.digest == digest)
        }
    }

    @Test(
        "writers in two processes feel no error, and every acknowledged event arrives, there and back and there again"
    )
    func thereAndBack() async throws {
        let fleet = Fleet()
        let log = WriterLog()
        try await underLoad(fleet, log: log) { process in
            while log.count < 200 { try await Task.sleep(for: .milliseconds(1)) }
            let first = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            try await process.coordinator.waitUntil(.dualWrite, of: first)
            try await process.coordinator.cutOver(first)
            #expect(try await process.coordinator.migration(first)?.state == .migrated)

            let before = log.count
            while log.count < before + 200 { try await Task.sleep(for: .milliseconds(1)) }
            let back = try await process.coordinator.rollBack(first, reason: "test")
            try await process.coordinator.waitUntil(.dualWrite, of: back)
            try await process.coordinator.cutOver(back)
            #expect(try await process.coordinator.migration(first)?.state == .rolledBack)
            #expect(try await process.coordinator.migration(back)?.state == .migrated)
            #expect(try await process.coordinator.migration(back)?.reverses == first)

            let again = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            try await process.coordinator.waitUntil(.dualWrite, of: again)
            try await process.coordinator.cutOver(again)
            let last = log.count
            while log.count < last + 200 { try await Task.sleep(for: .milliseconds(1)) }
        }
        #expect(log.errors.isEmpty)
        try await prove(log, in: fleet.second)
        let route = try await fleet.makeProcess().coordinator.route(of: Fleet.tenant)
        #expect(route?.active == "second")
    }

    @Test("a stalled writer that wakes up after the cutover cannot write to the old store")
    func stalledWriter() async throws {
        let fleet = Fleet()
        let log = WriterLog()
        let stalled = try fleet.makeProcess(router: TenantRouter.Configuration(maximumRouteAge: .seconds(3_600)))
        let event = NewEvent(type: "First", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])
        _ = try await stalled.router.append([event], to: "stalled", tenant: Fleet.tenant)
        try await underLoad(fleet, log: log) { process in
            let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            try await process.coordinator.cutOver(id)
        }
        // Its cached route is an hour fresh, and says the old store.
        let late = NewEvent(type: "Late", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])
        let result = try await stalled.router.append([late], to: "stalled", expected: .exact(1), tenant: Fleet.tenant)
        #expect(try await fleet.second.contains(late.id, tenant: Fleet.tenant, epoch: .maintenance))
        #expect(try await stalled.router.streamVersion("stalled", tenant: Fleet.tenant) == 2)
        #expect(result.versions == [2])
        try await prove(log, in: fleet.second)
    }

    @Test("a coordinator that vanishes in every state leaves a migration that another one finishes")
    func adoption() async throws {
        let fleet = Fleet()
        let log = WriterLog()
        let starter = try fleet.makeProcess()
        for number in 0..<50 {
            let event = NewEvent(
                type: "E",
                occurredAt: WallTime(millisecondsSinceEpoch: 0),
                payload: ["n": .int32(Int32(number))]
            )
            let result = try await starter.router.append([event], to: "s", tenant: Fleet.tenant)
            log.acknowledge(event.id, at: result.positions.lowerBound)
        }
        // Nobody runs: the migration stays pending.
        let id = try await starter.coordinator.start(tenant: Fleet.tenant, to: "second")
        #expect(try await starter.coordinator.migration(id)?.state == .pending)
        // Another process finishes it, and a third one cuts over.
        let runner = try fleet.makeProcess()
        let operatorProcess = try fleet.makeProcess()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await runner.coordinator.run() }
            try await operatorProcess.coordinator.waitUntil(.dualWrite, of: id)
            group.cancelAll()
        }
        try await operatorProcess.coordinator.cutOver(id)
        #expect(try await starter.coordinator.migration(id)?.state == .migrated)
        try await prove(log, in: fleet.second)
    }

    @Test("a cutover whose coordinator died is taken back by the calls that are parked, and the tenant goes on")
    func abandonedCutover() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess()
        let writer = try fleet.makeProcess()
        let event = NewEvent(type: "E", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])
        _ = try await writer.router.append([event], to: "s", tenant: Fleet.tenant)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            group.cancelAll()
        }
        // The coordinator parks the writes, closes the source, even opens the target, and is never heard of again.
        let author = ChangeAuthor(name: "dead", reason: nil, now: { .now() })
        let cutover = try await process.control.change(Fleet.tenant, by: author, against: nil) { _ in
            .beginCutover(id, budget: .milliseconds(100))
        }.value
        let source = try #require(fleet.stores.first)
        try await source.raiseFence(tenant: Fleet.tenant, to: Fence(epoch: cutover.epoch, role: .closed))
        try await fleet.stores[1].raiseFence(
            tenant: Fleet.tenant,
            to: Fence(epoch: Epoch(number: cutover.number + 1, route: cutover.id), role: .open)
        )
        let late = NewEvent(type: "Late", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])
        _ = try await writer.router.append([late], to: "s", expected: .exact(1), tenant: Fleet.tenant)
        #expect(try await fleet.first.contains(late.id, tenant: Fleet.tenant, epoch: .maintenance))
        #expect(try await process.coordinator.migration(id)?.state == .dualWrite)
        // The abandoned attempt can do no more harm, and the next one succeeds.
        try await process.coordinator.cutOver(id)
        #expect(try await fleet.second.contains(late.id, tenant: Fleet.tenant, epoch: .maintenance))
    }

    @Test("pause, resume and abort; an aborted migration leaves the tenant where it was, and can be started again")
    func pauseAndAbort() async throws {
        let fleet = Fleet()
        let log = WriterLog()
        try await underLoad(fleet, log: log) { process in
            let coordinator = process.coordinator
            while log.count < 20 { try await Task.sleep(for: .milliseconds(1)) }
            let id = try await coordinator.start(tenant: Fleet.tenant, to: "second")
            try await coordinator.waitUntil(.dualWrite, of: id)
            try await coordinator.pause(id)
            let error = await #expect(throws: CutoverError.self) { try await coordinator.cutOver(id) }
            #expect(error?.code == .state)
            try await coordinator.resume(id)
            #expect(try await coordinator.migration(id)?.state == .dualWrite)
            try await coordinator.abort(id, reason: "changed our minds")
            #expect(try await coordinator.migration(id)?.state == .rolledBack)
            #expect(try await coordinator.migration(id)?.errorMessage == "changed our minds")
            #expect(try await coordinator.route(of: Fleet.tenant)?.active == "first")
            let refused = await #expect(throws: CutoverError.self) { try await coordinator.abort(id, reason: "again") }
            #expect(refused?.code == .state)

            let again = try await coordinator.start(tenant: Fleet.tenant, to: "second")
            try await coordinator.waitUntil(.dualWrite, of: again)
            try await coordinator.cutOver(again)
            let operations = try await coordinator.auditLog(of: Fleet.tenant).map(\.operation)
            #expect(operations.contains("abort") && operations.last == "cutover")
        }
        #expect(log.errors.isEmpty)
        try await prove(log, in: fleet.second)
    }

    @Test("a subscription goes on across the move without a gap or a repetition")
    func subscription() async throws {
        let fleet = Fleet()
        let log = WriterLog()
        let reader = try fleet.makeProcess()
        let seen = Locked<[Int64]>([])
        try await underLoad(fleet, log: log) { process in
            while log.count < 20 { try await Task.sleep(for: .milliseconds(1)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await event in reader.router.subscribe(tenant: Fleet.tenant) {
                        seen.withLock { $0.append(event.position) }
                    }
                }
                let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
                try await process.coordinator.waitUntil(.dualWrite, of: id)
                try await process.coordinator.cutOver(id)
                let goal = Int64(log.count + 50)
                while seen.withLock({ $0.last ?? 0 }) < goal { try await Task.sleep(for: .milliseconds(1)) }
                group.cancelAll()
                do { try await group.waitForAll() } catch let error as StoreError where error.code == .cancelled {}
            }
        }
        let positions = seen.withLock { $0 }
        #expect(positions == Array(1...Int64(positions.count)))
    }

    @Test("a control store that was restored from the past stops writes, and is rebuilt from the fences")
    func restoredControlStore() async throws {
        let fleet = Fleet()
        let log = WriterLog()
        var old: StoredDocument?
        let key = DocumentKey(collection: "cutover_routes", id: "acme")
        let process = try fleet.makeProcess()
        let event = NewEvent(type: "E", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])
        _ = try await process.router.append([event], to: "s", tenant: Fleet.tenant)
        old = try await fleet.documents.read(key)
        try await underLoad(fleet, log: log) { process in
            let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            try await process.coordinator.cutOver(id)
            let before = log.count
            while log.count < before + 20 { try await Task.sleep(for: .milliseconds(1)) }
        }
        _ = try await fleet.documents.write(try #require(old).document, to: key)

        let restarted = try fleet.makeProcess()
        let late = NewEvent(type: "Late", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])
        let error = await #expect(throws: StoreError.self) {
            try await restarted.router.append([late], to: "s", tenant: Fleet.tenant)
        }
        #expect(error?.code == .controlStoreBehind)
        let diagnosis = try await restarted.coordinator.diagnose(Fleet.tenant)
        #expect(diagnosis.problems.contains(.controlStoreBehind("second")))
        let route = try await restarted.coordinator.repairRoute(of: Fleet.tenant, reason: "restored")
        #expect(route.active == "second")
        _ = try await restarted.router.append([late], to: "s", expected: .exact(1), tenant: Fleet.tenant)
        #expect(
            try await restarted.coordinator.diagnose(Fleet.tenant).problems.contains(.controlStoreBehind("second"))
                == false
        )
        try await prove(log, in: fleet.second)
    }

    @Test("a store that is not registered is an error, never another store")
    func unregistered() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess()
        let error = await #expect(throws: CutoverError.self) {
            try await process.coordinator.start(tenant: Fleet.tenant, to: "third", from: "first")
        }
        #expect(error?.code == .unregisteredStore)
        let control = ControlStore(fleet.documents)
        let alone = try StoreRegistry([fleet.second])
        _ = try await process.router.append(
            [NewEvent(type: "E", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])],
            to: "s",
            tenant: Fleet.tenant
        )
        let other = try TenantRouter(control: control, stores: alone, home: "second")
        let refused = await #expect(throws: StoreError.self) {
            try await other.readLog(tenant: Fleet.tenant, after: 0, limit: 1)
        }
        #expect(refused?.code == .unregisteredStore)
    }
}
