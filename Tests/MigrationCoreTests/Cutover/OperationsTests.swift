import InMemoryAdapter
import Testing

@testable import MigrationCore

@Suite("Operations on a migration", .timeLimit(.minutes(5)))
struct OperationsTests {
    private func event(_ number: Int) -> NewEvent {
        NewEvent(type: "E", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: ["n": .int32(Int32(number))])
    }

    private func append(_ count: Int, through router: TenantRouter, to stream: StreamID = "s") async throws {
        for number in 0..<count { _ = try await router.append([event(number)], to: stream, tenant: Fleet.tenant) }
    }

    /// Runs a coordinator while the body works with it.
    private func running(
        _ process: Fleet.Process,
        _ body: (MigrationCoordinator) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            try await body(process.coordinator)
            group.cancelAll()
        }
    }

    // MARK: Verify and repair

    @Test(
        "verify takes the active store for right: before the cutover, after it, and with a copy that no longer follows"
    )
    func verifyThroughTheMove() async throws {
        let fleet = Fleet()
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.keepsSourceWarm = false
        let process = try fleet.makeProcess(configuration)
        try await append(20, through: process.router)
        try await running(process) { coordinator in
            let id = try await coordinator.start(tenant: Fleet.tenant, to: "second")
            try await coordinator.waitUntil(.dualWrite, of: id)
            #expect(try await coordinator.verify(id).verifiedThrough == 20)
            try await coordinator.cutOver(id)
            try await append(5, through: process.router)
            let report = try await coordinator.verify(id)
            #expect(report.isConsistent)
            // The old store ends where it was fenced; what came later is not missing there.
            #expect(report.verifiedThrough == 20)
            let sampled = try await coordinator.verify(id, level: .count, samplePercentage: 10)
            #expect(sampled.level == .count && sampled.samplePercentage == 10)
            let refused = await #expect(throws: CutoverError.self) { try await coordinator.repair(id) }
            #expect(refused?.code == .state)
        }
    }

    @Test("the way back verifies only what came later, unless something happened to the route in between")
    func verificationOfTheWayBack() async throws {
        let process = try Fleet().makeProcess(.quick)
        let board = process.coordinator.board
        try await append(30, through: process.router)
        var id = MigrationID()
        try await running(process) { coordinator in
            id = try await coordinator.start(tenant: Fleet.tenant, to: "second")
            try await coordinator.waitUntil(.dualWrite, of: id)
            try await coordinator.cutOver(id)
        }
        #expect(board.entry(of: Fleet.tenant)?.verified == nil)
        try await append(5, through: process.router)
        // Nobody works on it: what is known as verified was known from the beginning.
        let back = try await process.coordinator.rollBack(id)
        #expect(board.entry(of: Fleet.tenant)?.verified?.position == 30)
        try await running(process) { coordinator in
            try await coordinator.waitUntil(.dualWrite, of: back)
            try await coordinator.cutOver(back)
        }
        try await process.coordinator.dropWarmCopy(of: Fleet.tenant)
        _ = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        #expect(board.entry(of: Fleet.tenant)?.verified == nil)
    }

    @Test("a long history is verified in pieces, each going on where this process got to")
    func verificationInPieces() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess(.quick)
        let events = (0..<1_100).map(event)
        _ = try await process.router.append(events, to: "s", tenant: Fleet.tenant)
        let coordinator = process.coordinator
        try await running(process) { coordinator in
            let id = try await coordinator.start(tenant: Fleet.tenant, to: "second")
            try await coordinator.waitUntil(.dualWrite, of: id)
        }
        // From a copy that was longer and is gone.
        coordinator.board.update(Fleet.tenant) { $0.verified = LogCheckpoint(position: 9_000, digest: .empty) }
        var positions: [Int64?] = []
        var isDone = false
        while !isDone {
            isDone = try await coordinator.verifyPrefix(
                of: Fleet.tenant,
                source: fleet.first,
                target: fleet.second,
                maximumPages: 1
            )
            positions.append(coordinator.board.entry(of: Fleet.tenant)?.verified?.position)
        }
        #expect(positions == [512, 1_024, 1_100])
    }

    @Test("repair replaces a damaged copy from its first wrong event on, for the streams that are asked for only")
    func repair() async throws {
        let hooked = Locked<HookedEventStore?>(nil)
        let fleet = Fleet { store in
            guard store.id == "second" else { return store }
            let store = HookedEventStore(store)
            hooked.withLock { $0 = store }
            return store
        }
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.verifiesBeforeCutover = false
        let process = try fleet.makeProcess(configuration)
        try await append(10, through: process.router, to: "one")
        try await append(10, through: process.router, to: "two")
        try await running(process) { coordinator in
            let id = try await coordinator.start(tenant: Fleet.tenant, to: "second")
            try await coordinator.waitUntil(.dualWrite, of: id)
            let log = try await wholeLog(in: fleet.second)
            let wrong = StoredEvent(log[14], payload: ["n": 99])
            hooked.withLock { $0 }?.damage(Fleet.tenant) { $0.replaced[15] = wrong }
            let report = try await coordinator.verify(id)
            #expect(report.violations.map(\.position) == [15] && report.violations.map(\.stream) == ["two"])
            #expect(try await coordinator.repair(id, streams: ["one"]).repaired == 0)
            #expect(try await coordinator.repair(id, streams: ["two"], reason: "test").repaired == 1)
            hooked.withLock { $0 }?.damage(Fleet.tenant) { $0.replaced = [:] }
            #expect(try await coordinator.verify(id).isConsistent)
        }
    }

    @Test("a cutover that finds the logs unequal says where, leaves the tenant where it was, and carries the report")
    func inconsistent() async throws {
        let hooked = Locked<HookedEventStore?>(nil)
        let fleet = Fleet { store in
            guard store.id == "second" else { return store }
            let store = HookedEventStore(store)
            hooked.withLock { $0 = store }
            return store
        }
        let process = try fleet.makeProcess()
        try await append(10, through: process.router)
        let other = try fleet.makeProcess()
        try await running(process) { coordinator in
            let id = try await coordinator.start(tenant: Fleet.tenant, to: "second")
            try await coordinator.waitUntil(.dualWrite, of: id)
            let wrong = StoredEvent(try await wholeLog(in: fleet.second)[6], payload: ["n": 99])
            hooked.withLock { $0 }?.damage(Fleet.tenant) { $0.replaced[7] = wrong }
            // Another process has verified nothing yet, so its gate meets the damage.
            let error = await #expect(throws: CutoverError.self) { try await other.coordinator.cutOver(id) }
            #expect(error?.code == .inconsistent)
            #expect(error?.report?.violations.map(\.position) == [7])
            #expect(try await coordinator.route(of: Fleet.tenant)?.active == "first")
        }
    }

    @Test("a copy that somebody shortens during the drain is not opened as if it were whole")
    func shortenedDuringTheDrain() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess()
        try await append(10, through: process.router)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        try await running(process) { try await $0.waitUntil(.dualWrite, of: id) }
        // A repair that was on its way shortens the log between the last offer and the fence that opens the target.
        let shortening = OpeningEventStore(fleet.second) { (base: InMemoryEventStore) async throws(StoreError) in
            guard let head = try await base.head(tenant: Fleet.tenant, epoch: .maintenance),
                let place = try await base.checkpoint(tenant: Fleet.tenant, at: 4, epoch: .maintenance)
            else { return }
            _ = try await base.replaceLog(
                tenant: Fleet.tenant,
                after: place,
                with: [],
                expecting: head.checkpoint,
                epoch: head.fence.epoch
            )
        }
        let control = ControlStore(fleet.documents)
        let coordinator = try MigrationCoordinator(
            control: control,
            stores: StoreRegistry([fleet.first, shortening]),
            configuration: .quick
        )
        let error = await #expect(throws: CutoverError.self) { try await coordinator.cutOver(id) }
        #expect(error?.code == .inconsistent)
        #expect(try await coordinator.route(of: Fleet.tenant)?.active == "first")
        #expect(try await wholeLog(in: fleet.first).count == 10)
    }

    // MARK: Forced cutovers

    @Test("a forced cutover names what it leaves behind; the branch is repaired, and the tenant moves on from there")
    func branch() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess()
        try await append(10, through: process.router)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        try await running(process) { try await $0.waitUntil(.dualWrite, of: id) }
        try await append(3, through: process.router)
        // The target takes no offers, so what is new stays behind.
        let sick = HookedEventStore(fleet.second)
        let error = StoreError(.unavailable, "The target takes no offers.")
        sick.failOffers(with: error)
        let coordinator = try MigrationCoordinator(
            control: ControlStore(fleet.documents),
            stores: StoreRegistry([fleet.first, sick]),
            configuration: .quick
        )
        try await coordinator.cutOver(id, force: true, reason: "the target cannot catch up")
        let route = try await coordinator.route(of: Fleet.tenant)
        #expect(route?.active == "second" && route?.branch?.place.position == 10 && route?.warm == nil)
        let left = try await coordinator.eventsLeftBehind(of: Fleet.tenant)
        #expect(left.map(\.position) == [11, 12, 13])
        let refused = await #expect(throws: CutoverError.self) { try await coordinator.rollBack(id) }
        #expect(refused?.code == .state || refused?.code == .inconsistent)

        try await append(2, through: process.router)
        #expect(try await coordinator.repairBranch(of: Fleet.tenant, reason: "read them") == 3)
        #expect(try await coordinator.repairBranch(of: Fleet.tenant, reason: "again") == 0)
        #expect(try await coordinator.eventsLeftBehind(of: Fleet.tenant).isEmpty)
        #expect(try await wholeLog(in: fleet.first).count == 10)
        let back = try await process.coordinator.rollBack(id)
        try await running(process) { coordinator in
            try await coordinator.waitUntil(.dualWrite, of: back)
            try await coordinator.cutOver(back)
        }
        #expect(try await wholeLog(in: fleet.first) == wholeLog(in: fleet.second))
        #expect(try await wholeLog(in: fleet.first).count == 12)
    }

    // MARK: Abort

    @Test(
        "an abort whose process ends before the target is emptied is finished by any coordinator",
        arguments: [true, false]
    )
    func abandonedAbort(purging: Bool) async throws {
        let fleet = Fleet()
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.purgesOnAbort = purging
        let process = try fleet.makeProcess(configuration)
        try await append(10, through: process.router)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        try await running(process) { try await $0.waitUntil(.dualWrite, of: id) }
        // A process that cannot reach the target does the abort: only the route changes.
        let operatorProcess = try MigrationCoordinator(
            control: ControlStore(fleet.documents),
            stores: StoreRegistry([fleet.first]),
            configuration: configuration
        )
        try await operatorProcess.abort(id, reason: "test")
        #expect(try await fleet.second.head(tenant: Fleet.tenant, epoch: .maintenance)?.fence.role == .follower)
        #expect(
            try await process.coordinator.diagnose(Fleet.tenant).problems.contains(.retirementPending("second"))
        )
        try await running(process) { coordinator in
            while try await coordinator.route(of: Fleet.tenant)?.retirements.isEmpty == false {
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        let head = try #require(try await fleet.second.head(tenant: Fleet.tenant, epoch: .maintenance))
        #expect(head.fence.role == .closed)
        #expect(head.position == (purging ? 0 : 10))
        #expect(try await process.coordinator.diagnose(Fleet.tenant).problems.isEmpty)
        // And the tenant can go there again.
        let again = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        try await running(process) { coordinator in
            try await coordinator.waitUntil(.dualWrite, of: again)
            try await coordinator.cutOver(again)
        }
        #expect(try await wholeLog(in: fleet.second).count == 10)
    }

    // MARK: Plan

    private static var smallCapabilities: EventStoreCapabilities {
        var capabilities = EventStoreCapabilities.inMemory
        capabilities.maximumEventBytes = 400
        return capabilities
    }

    @Test("a plan counts what there is to move, names what would stop the move, and changes nothing")
    func plan() async throws {
        let small = InMemoryEventStore(id: "small", capabilities: Self.smallCapabilities)
        let fleet = Fleet()
        let control = ControlStore(fleet.documents)
        let stores = try StoreRegistry([fleet.first, fleet.second, small])
        let coordinator = try MigrationCoordinator(control: control, stores: stores, configuration: .quick)
        let router = try TenantRouter(control: control, stores: stores, home: "first")
        try await append(7, through: router, to: "one")
        let large = NewEvent(
            type: "Large",
            occurredAt: WallTime(millisecondsSinceEpoch: 0),
            payload: ["text": .string(String(repeating: "x", count: 500))]
        )
        _ = try await router.append([large], to: "two", tenant: Fleet.tenant)

        let told = Locked<[Int64]>([])
        let plan = try await coordinator.plan(tenant: Fleet.tenant, to: "second") { read, total in
            told.withLock { $0 += [read, total] }
        }
        #expect(plan.isFeasible)
        #expect(plan.eventCount == 8 && plan.streamCount == 2 && plan.alreadyCopied == 0 && plan.countsAllStreams)
        #expect(plan.largestEventBytes > 500 && plan.byteCount > 1_000)
        #expect(told.withLock { $0 } == [8, 8])
        #expect(try await fleet.second.head(tenant: Fleet.tenant, epoch: .maintenance) == nil)

        let refused = try await coordinator.plan(tenant: Fleet.tenant, to: "small")
        #expect(refused.problems == [.eventsTooLarge(count: 1, positions: [8])])
        #expect(try await coordinator.plan(tenant: Fleet.tenant, to: "first").problems == [.alreadyThere])
        let unknown = await #expect(throws: CutoverError.self) {
            try await coordinator.plan(tenant: "nobody", to: "second")
        }
        #expect(unknown?.code == .store)
    }

    @Test("while a tenant moves, an event that its target could not hold is refused before it is acknowledged")
    func smallerLimit() async throws {
        let small = InMemoryEventStore(id: "small", capabilities: Self.smallCapabilities)
        let fleet = Fleet()
        let control = ControlStore(fleet.documents)
        let stores = try StoreRegistry([fleet.first, small])
        let coordinator = try MigrationCoordinator(control: control, stores: stores, configuration: .quick)
        let router = try TenantRouter(control: control, stores: stores, home: "first")
        try await append(1, through: router)
        let large = NewEvent(
            type: "Large",
            occurredAt: WallTime(millisecondsSinceEpoch: 0),
            payload: ["text": .string(String(repeating: "x", count: 500))]
        )
        let id = try await coordinator.start(tenant: Fleet.tenant, to: "small")
        let error = await #expect(throws: StoreError.self) {
            try await router.append([large], to: "s", tenant: Fleet.tenant)
        }
        #expect(error?.code == .eventTooLarge && error?.context.store == "small")
        try await coordinator.abort(id, reason: "too small")
        _ = try await router.append([large], to: "s", tenant: Fleet.tenant)
    }
}

/// A store where something happens right before it is opened.
private final class OpeningEventStore: ForwardingEventStore {
    let base: InMemoryEventStore
    private let before: @Sendable (InMemoryEventStore) async throws(StoreError) -> Void

    init(
        _ base: InMemoryEventStore,
        before: @escaping @Sendable (InMemoryEventStore) async throws(StoreError) -> Void
    ) {
        self.base = base
        self.before = before
    }

    func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        if fence.role == .open { try await before(base) }
        return try await base.raiseFence(tenant: tenant, to: fence)
    }
}
