import InMemoryAdapter
import Testing

@testable import MigrationCore

/// Two processes that do the same thing at the same time, in the order in which killed processes were seen to do it.
@Suite("Two processes at once", .timeLimit(.minutes(5)))
struct RaceTests {
    private let event = NewEvent(type: "E", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])

    @Test("a second cutover of a migration does not decide the first one's epoch, and leaves it alone")
    func secondCutover() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess()
        _ = try await process.router.append([event], to: "s", tenant: Fleet.tenant)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            group.cancelAll()
        }
        // The second has passed its gate when the first begins.
        let second = CutoverAttempt(
            coordinator: try fleet.makeProcess().coordinator,
            id: id,
            tenant: Fleet.tenant,
            source: fleet.first,
            target: fleet.second,
            force: false
        )
        let author = ChangeAuthor(name: "first", now: { .now() })
        let begun = try await process.control.change(Fleet.tenant, by: author, against: nil) { _ in
            .beginCutover(id, budget: .seconds(60))
        }
        let error = await #expect(throws: CutoverError.self) { try await second.run(reason: nil) }
        #expect(error?.code == .state)
        #expect(try await process.control.route(of: Fleet.tenant)?.value.epoch == begun.value.epoch)
        #expect(try await fleet.first.head(tenant: Fleet.tenant, epoch: .maintenance)?.fence.role == .open)
    }

    @Test("a target that another process aborts and purges while a cutover compares it is not called different")
    func purgedMeanwhile() async throws {
        let fleet = Fleet(wrapping: { HookedEventStore($0) })
        let target = try #require(fleet.stores[1] as? HookedEventStore)
        let process = try fleet.makeProcess()
        _ = try await process.router.append([event], to: "s", tenant: Fleet.tenant)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            group.cancelAll()
        }
        var purging = MigrationCoordinator.Configuration.quick
        purging.purgesOnAbort = true
        let other = try fleet.makeProcess(purging).coordinator
        let nextRead = target.reads + 1
        target.set(reads: [nextRead: .meanwhile { _ in try? await other.abort(id, reason: "test") }])
        let error = await #expect(throws: CutoverError.self) {
            try await fleet.makeProcess().coordinator.cutOver(id)
        }
        #expect(error?.code == .fenced)
        #expect(try await fleet.second.head(tenant: Fleet.tenant, epoch: .maintenance)?.position == 0)
    }

    @Test("an abort that is settled after the next start does not close the target of that one")
    func startedMeanwhile() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess()
        _ = try await process.router.append([event], to: "s", tenant: Fleet.tenant)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            let documents = HookedDocumentStore(fleet.documents)
            let aborting = try MigrationCoordinator(
                control: ControlStore(documents),
                stores: StoreRegistry(fleet.stores),
                configuration: .quick
            )
            // Its reads are: the record and the route, the route to change, and, for the history, the record again.
            documents.set(reads: [
                4: .meanwhile { _ in _ = try? await process.coordinator.start(tenant: Fleet.tenant, to: "second") }
            ])
            try await aborting.abort(id, reason: "test")
            let next = try #require(try await process.coordinator.route(of: Fleet.tenant)?.move)
            #expect(next.migration != id)
            try await process.coordinator.waitUntil(.dualWrite, of: next.migration)
            group.cancelAll()
        }
    }

    @Test("what a step meets after another process began the next migration does not fail that one")
    func foreignTrouble() async throws {
        let fleet = Fleet(wrapping: { HookedEventStore($0) })
        let target = try #require(fleet.stores[1] as? HookedEventStore)
        // Nothing but the step itself tells this process that the route has changed.
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.routePollInterval = .seconds(60)
        let process = try fleet.makeProcess(configuration)
        let other = try fleet.makeProcess().coordinator
        _ = try await process.router.append([event], to: "s", tenant: Fleet.tenant)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        target.onNextOffer(
            .meanwhile { _ throws(StoreError) in
                _ = try? await other.abort(id, reason: "test")
                _ = try? await other.start(tenant: Fleet.tenant, to: "second")
                throw StoreError(.logDiverged, "Two logs that are none of the next migration's business.")
            }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            while target.offers.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            let next = try #require(try await nextMove(after: id, of: other))
            try await other.waitUntil(.dualWrite, of: next)
            group.cancelAll()
        }
    }

    /// The migration that a tenant has after the given one.
    private func nextMove(after id: MigrationID, of coordinator: MigrationCoordinator) async throws -> MigrationID? {
        for _ in 0..<10_000 {
            let move = try await coordinator.route(of: Fleet.tenant)?.move
            if let move, move.migration != id { return move.migration }
            try await Task.sleep(for: .milliseconds(1))
        }
        return nil
    }

    @Test("a change that arrived twice is known to be this process's own, although its second answer is a refusal")
    func repeatedRequest() async throws {
        let fleet = Fleet()
        let documents = HookedDocumentStore(fleet.documents)
        let control = ControlStore(documents)
        documents.repeatWrites()
        let route = Route(tenant: Fleet.tenant, id: RouteID(from: .system), active: "first")
        #expect(try await control.insert(route) != nil)
        let author = ChangeAuthor(name: "test", now: { .now() })
        let id = MigrationID()
        let started = try await control.change(Fleet.tenant, by: author, against: nil) { _ in
            .start(id, source: "first", target: "second", reverses: nil)
        }
        #expect(started.value.number == route.number + 1)
    }

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
        let route = try await other.change(Fleet.tenant, by: author, against: nil) { _ in
            .start(MigrationID(), source: "first", target: "second", reverses: nil)
        }.value
        try await first.prepare(tenant: Fleet.tenant, fence: Fence(epoch: route.epoch, role: .open))
        first.onNextAppend(.before(StoreError(.tenantNotPrepared, "The tenant has no head yet.")))
        let result = try await router.append([event], to: "s", tenant: Fleet.tenant)
        #expect(result.positions == 1...1)
    }
}
