import InMemoryAdapter
import Testing

@testable import MigrationCore

/// What may happen between the restoration of a control store and its repair: others find the old route first, and act on it.
@Suite("A control store from a moment ago", .timeLimit(.minutes(5)))
struct RestoredControlStoreTests {
    private let fleet = Fleet(wrapping: { HookedEventStore($0) })
    private let log = WriterLog()
    private let key = DocumentKey(collection: "cutover_routes", id: "acme")

    /// A process that asks the stores for as long as a busy machine may need.
    private func makeProcess() throws -> Fleet.Process {
        try fleet.makeProcess(patience: EvidencePatience(usual: .seconds(60), toAbandon: .seconds(60)))
    }

    private func append(_ number: Int64, through process: Fleet.Process) async throws {
        let event = NewEvent(
            type: "Counted",
            occurredAt: WallTime(millisecondsSinceEpoch: 0),
            payload: ["n": .int64(number)]
        )
        let result = try await process.router.append(
            [event],
            to: "s",
            expected: .exact(number - 1),
            tenant: Fleet.tenant
        )
        log.acknowledge(event.id, at: result.positions.lowerBound)
    }

    /// Moves the tenant to the second store, with an event before and one after, and puts the route back to what it was in between.
    private func moved(restoring old: (Route, MigrationID) throws -> Route) async throws {
        let process = try makeProcess()
        try await append(1, through: process)
        let route = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            let before = try #require(try await process.control.route(of: Fleet.tenant)?.value)
            try await process.coordinator.cutOver(id)
            try await append(2, through: process)
            group.cancelAll()
            return try old(before, id)
        }
        _ = try await fleet.documents.write(route.document(revision: 1), to: key)
    }

    /// Repairs the route, and finds every acknowledged event in the second store, where it was acknowledged.
    private func repairAndProve() async throws {
        let process = try makeProcess()
        let diagnosis = try await process.coordinator.diagnose(Fleet.tenant)
        #expect(diagnosis.problems.contains(.controlStoreBehind("second")))
        let route = try await process.coordinator.repairRoute(of: Fleet.tenant, reason: "restored")
        #expect(route.active == "second")
        try await append(3, through: process)
        let positions = try await wholeLog(in: fleet.second).map { ($0.id, $0.position) }
        #expect(Dictionary(uniqueKeysWithValues: positions) == log.acknowledged)
    }

    @Test(
        "restored into the middle of a cutover, nobody takes that cutover back: neither calls that it parks nor a coordinator"
    )
    func middleOfCutover() async throws {
        try await moved { route, id in
            try route.applying(
                .beginCutover(id, budget: .milliseconds(30)),
                by: "test",
                at: WallTime(millisecondsSinceEpoch: 0)
            )
        }
        let process = try makeProcess()
        let refused = await #expect(throws: StoreError.self) { try await append(3, through: process) }
        #expect(refused?.code == .controlStoreBehind)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            try? await Task.sleep(for: .milliseconds(200))
            group.cancelAll()
        }
        let id = try #require(try await process.control.route(of: Fleet.tenant)?.value.move?.migration)
        let error = await #expect(throws: CutoverError.self) {
            try await process.coordinator.abort(id, reason: "test")
        }
        #expect(error?.code == .controlStoreBehind)
        try await repairAndProve()
    }

    @Test("restored to before a cutover, no operation builds on the old route until it is repaired")
    func beforeCutover() async throws {
        try await moved { route, _ in route }
        let process = try makeProcess()
        let id = try #require(try await process.control.route(of: Fleet.tenant)?.value.move?.migration)
        let operations: [@Sendable () async throws -> Void] = [
            { _ = try await process.coordinator.start(tenant: Fleet.tenant, to: "second") },
            { try await process.coordinator.pause(id) },
            { try await process.coordinator.resume(id) },
            { try await process.coordinator.abort(id, reason: "test") },
            { try await process.coordinator.cutOver(id, force: true) },
            { _ = try await process.coordinator.emergencyStop([Fleet.tenant])[0].result.get() },
        ]
        for operation in operations {
            let error = await #expect(throws: CutoverError.self) { try await operation() }
            #expect(error?.code == .controlStoreBehind)
        }
        try await repairAndProve()
    }

    @Test("a repair does not take the target of an aborted migration for the active store")
    func abortedTarget() async throws {
        let process = try makeProcess()
        try await append(1, through: process)
        let old = try #require(try await fleet.documents.read(key)).document
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            try await process.coordinator.abort(id, reason: "test")
            group.cancelAll()
        }
        #expect(try await fleet.second.head(tenant: Fleet.tenant, epoch: .maintenance)?.fence.role == .closed)
        _ = try await fleet.documents.write(old, to: key)
        let restarted = try makeProcess()
        let route = try await restarted.coordinator.repairRoute(of: Fleet.tenant, reason: "restored")
        #expect(route.active == "first")
        try await append(2, through: restarted)
        #expect(try await wholeLog(in: fleet.first).count == 2)
    }

    @Test("a repair that another one overtook does not take the tenant back from where it has moved since")
    func overtakenRepair() async throws {
        try await moved { route, _ in route }
        // Between its diagnosis and its change the others repair the route and move the tenant back.
        let slow = try coordinator { try? await RestoredControlStoreTests.repairAndMoveBack($0) }
        let route = try await slow.repairRoute(of: Fleet.tenant, reason: "restored, too")
        #expect(route.active == "first")
        try await append(3, through: try makeProcess())
        #expect(try await wholeLog(in: fleet.first).count == 3)
    }

    /// A coordinator that is overtaken: others do something after its first look at the control store.
    private func coordinator(
        overtakenBy others: @escaping @Sendable (Fleet) async -> Void
    ) throws -> MigrationCoordinator {
        let documents = HookedDocumentStore(fleet.documents)
        documents.set(reads: [2: .meanwhile { [fleet] _ in await others(fleet) }])
        return try MigrationCoordinator(
            control: ControlStore(documents),
            stores: StoreRegistry(fleet.stores),
            configuration: .quick
        )
    }

    private static func repairAndMoveBack(_ fleet: Fleet) async throws {
        let coordinator = try fleet.makeProcess().coordinator
        _ = try await coordinator.repairRoute(of: Fleet.tenant, reason: "restored")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await coordinator.run() }
            let id = try await coordinator.start(tenant: Fleet.tenant, to: "first")
            try await coordinator.waitUntil(.dualWrite, of: id)
            try await coordinator.cutOver(id)
            group.cancelAll()
        }
    }

    @Test(
        "who starts towards the active store while another process repairs the route is not told to purge it",
        arguments: [nil, "first"] as [StoreID?]
    )
    func startDuringRepair(source: StoreID?) async throws {
        try await moved { route, _ in route }
        // It has read the old route, in which the second store is the target, and found that store's log to be another one.
        let slow = try coordinator { fleet in
            _ = try? await fleet.makeProcess().coordinator.repairRoute(of: Fleet.tenant, reason: "restored")
        }
        let refused = await #expect(throws: CutoverError.self) {
            try await slow.start(tenant: Fleet.tenant, to: "second", from: source)
        }
        #expect(refused?.code == .state)
        #expect(try await wholeLog(in: fleet.second).count == 2)
    }

    @Test("a repaired route may be in use before the repair has raised its fence")
    func usedAtOnce() async throws {
        try await moved { route, _ in route }
        let second = try #require(fleet.stores[1] as? HookedEventStore)
        second.onNextRaise(
            .meanwhile { [fleet] base throws(StoreError) in
                guard let head = try await base.head(tenant: Fleet.tenant, epoch: .maintenance) else { return }
                // Another process has changed the repaired route, and a call was made under the new one.
                let later = Epoch(number: head.fence.epoch.number + 10, route: head.fence.epoch.route)
                _ = try await fleet.second.raiseFence(tenant: Fleet.tenant, to: Fence(epoch: later, role: .open))
            }
        )
        let route = try await makeProcess().coordinator.repairRoute(of: Fleet.tenant, reason: "restored")
        #expect(route.active == "second")
    }
}
