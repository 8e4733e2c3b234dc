import InMemoryAdapter
import Testing

@testable import MigrationCore

@Suite("The operations of the runbook", .timeLimit(.minutes(5)))
struct RunbookTests {
    @Test("C#02, C#03: an unknown id has no migration, and a known one says everything that the runbook asks for")
    func status() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        #expect(try await process.coordinator.migration(MigrationID()) == nil)
        for attempt in 0..<3 {
            let error = await #expect(throws: CutoverError.self) {
                switch attempt {
                case 0: try await process.coordinator.pause(MigrationID())
                case 1: try await process.coordinator.cutOver(MigrationID())
                default: _ = try await process.coordinator.status(of: MigrationID())
                }
            }
            #expect(error?.code == .unknownMigration)
        }
        try await lesson.append(4, through: process.router)
        let id = try await lesson.follow(with: process)
        let status = try await process.coordinator.status(of: id)
        #expect(status.migration.id == id)
        #expect(status.migration.tenant == Lesson.tenant)
        #expect(status.state == .dualWrite)
        #expect(status.migration.source == "first")
        #expect(status.migration.target == "second")
        #expect(status.eventsCopied == 4)
        #expect(status.totalEvents == 4)
        #expect(status.progressPercentage == 100)
        #expect(status.migration.startedAt != nil)
        #expect(status.migration.completedAt == nil)
        #expect(status.migration.errorMessage == nil)
        try await process.coordinator.cutOver(id)
        let done = try #require(try await process.coordinator.migration(id))
        #expect(done.state == .migrated)
        #expect(done.completedAt != nil)
        #expect(try await process.coordinator.migrations(for: Lesson.tenant) == [done])
    }

    @Test(
        "C#06, C#09, C#12, C#15: each operation in a state that does not allow it is a state error that names the state"
    )
    func stateErrors() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        let coordinator = process.coordinator
        try await lesson.append(1, through: process.router)
        let id = try await coordinator.start(tenant: Lesson.tenant, to: "second")
        func refused(in state: MigrationState?, _ body: () async throws -> Void) async {
            let error = await #expect(throws: CutoverError.self) { try await body() }
            #expect(error?.code == .state)
            #expect(error?.state == state)
        }
        await refused(in: .pending) { try await coordinator.pause(id) }
        await refused(in: .pending) { try await coordinator.resume(id) }
        await refused(in: .pending) { try await coordinator.cutOver(id) }
        try await lesson.run(process) { try await coordinator.waitUntil(.dualWrite, of: id) }
        await refused(in: .dualWrite) { try await coordinator.resume(id) }
        try await coordinator.pause(id)
        await refused(in: .paused) { try await coordinator.pause(id) }
        await refused(in: .paused) { try await coordinator.cutOver(id) }
        await refused(in: .paused) { try await coordinator.cutOver(id, force: true) }
        try await coordinator.resume(id)
        try await coordinator.cutOver(id)
        await refused(in: nil) { try await coordinator.pause(id) }
        await refused(in: nil) { try await coordinator.resume(id) }
        await refused(in: nil) { try await coordinator.abort(id, reason: "late") }
        await refused(in: .migrated) { try await coordinator.cutOver(id) }
        #expect(try await coordinator.migration(id)?.state == .migrated)
        #expect(try await coordinator.route(of: Lesson.tenant)?.active == "second")
    }

    @Test("C#07, C#10: a pause during the copy stops it at a batch; resumed, it goes on there with nothing twice")
    func pauseInBulkCopy() async throws {
        let lesson = try Lesson()
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.copier = EventCopier.Configuration(maximumPageEvents: 10, maximumBatchEvents: 10)
        let process = try lesson.makeProcess(configuration)
        _ = try await process.router.append((0..<100).map { Lesson.event($0) }, to: "s", tenant: Lesson.tenant)
        let id = try await process.coordinator.start(tenant: Lesson.tenant, to: "second")
        // The pause comes while the fourth batch is on its way.
        lesson.target.set(offers: [
            4: .beforeReply { _ in
                _ = try? await process.coordinator.pause(id)
                await Latch().wait()
            }
        ])
        try await lesson.run(process) { try await process.coordinator.waitUntil(.paused, of: id) }
        #expect(lesson.target.base.eventCount(of: Lesson.tenant) == 40)
        #expect(try await process.coordinator.route(of: Lesson.tenant)?.active == "first")
        lesson.target.set()
        let before = lesson.target.offers.count
        try await lesson.run(process) {
            try await Task.sleep(for: .milliseconds(60))
            #expect(lesson.target.offers.count == before)
            try await process.coordinator.resume(id)
            #expect(try await process.coordinator.migration(id)?.state == .bulkCopy)
            try await process.coordinator.waitUntil(.dualWrite, of: id)
        }
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
        #expect(lesson.target.offers.dropFirst(before).allSatisfy { ($0.first?.position ?? 0) > 40 })
    }

    @Test("C#08, C#11: a paused target gets nothing more; resumed, it catches up and follows again")
    func pauseInDualWrite() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(3, through: process.router)
        let id = try await lesson.follow(with: process)
        let store = try DualWriteInterceptor(process.router, configuration: .init(mode: .inline(timeout: .seconds(5))))
        // Before anybody works on it: a batch that is under way when the pause comes may still arrive.
        try await process.coordinator.pause(id, reason: "maintenance")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            group.addTask { try? await process.coordinator.run() }
            try await lesson.append(5, through: store)
            try await Task.sleep(for: .milliseconds(60))
            #expect(lesson.target.base.eventCount(of: Lesson.tenant) == 3)
            #expect(try await process.coordinator.syncLag(id) == 5)
            #expect(try await process.coordinator.route(of: Lesson.tenant)?.active == "first")
            try await process.coordinator.resume(id)
            #expect(try await process.coordinator.migration(id)?.state == .dualWrite)
            try await eventually { try await process.coordinator.syncLag(id) == 0 }
            try await lesson.append(1, through: store)
            try await eventually { try await process.coordinator.syncLag(id) == 0 }
            group.cancelAll()
        }
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
    }

    @Test("C#13, C#39: an abort is in force at once and says why, and every operation leaves who, when and why")
    func audit() async throws {
        let lesson = try Lesson()
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.actor = "ada"
        let process = try lesson.makeProcess(configuration)
        let coordinator = process.coordinator
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        try await coordinator.pause(id, reason: "lunch")
        try await coordinator.resume(id, reason: "after lunch")
        try await coordinator.abort(id, reason: "wrong target")
        #expect(try await coordinator.route(of: Lesson.tenant)?.move == nil)
        #expect(try await coordinator.migration(id)?.state == .rolledBack)
        #expect(try await coordinator.migration(id)?.errorMessage == "wrong target")
        let again = try await lesson.follow(with: process)
        try await coordinator.cutOver(again, reason: "now")
        _ = await coordinator.emergencyStop([Lesson.tenant], reason: "enough")
        // Read by a process that was never told anything: the log is stored, not remembered.
        let log = try await lesson.makeProcess().coordinator.auditLog(of: Lesson.tenant)
        #expect(
            log.map(\.operation) == [
                "start", "copy", "follow", "pause", "resume", "abort", "start", "copy", "follow", "begin cutover",
                "cutover", "emergency stop",
            ]
        )
        #expect(log.allSatisfy { $0.actor == "ada" && $0.tenant == Lesson.tenant })
        #expect(
            log.map(\.reason).compactMap(\.self) == ["lunch", "after lunch", "wrong target", "now", "now", "enough"]
        )
        #expect(log.prefix(6).allSatisfy { $0.migration == id })
        let route = try #require(try await coordinator.route(of: Lesson.tenant))
        let author = ChangeAuthor(name: "ada", reason: nil, now: { .now() })
        let settled = try await process.control.change(Lesson.tenant, by: author, against: nil) { _ in nil }
        #expect(try await process.control.settle(settled).value.pending.isEmpty)
        #expect(try await coordinator.auditLog(of: Lesson.tenant).count == log.count)
        #expect(route.active == "second")
    }

    @Test(
        "C#14: an abort that purges leaves the target empty and closed, and one that does not leaves what was copied",
        arguments: [true, false]
    )
    func purging(purges: Bool) async throws {
        let lesson = try Lesson()
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.purgesOnAbort = purges
        let process = try lesson.makeProcess(configuration)
        try await lesson.append(3, through: process.router)
        let id = try await lesson.follow(with: process)
        try await process.coordinator.abort(id, reason: "test")
        #expect(lesson.target.base.eventCount(of: Lesson.tenant) == (purges ? 0 : 3))
        #expect(lesson.target.base.head(of: Lesson.tenant)?.fence.role == .closed)
        #expect(lesson.source.base.eventCount(of: Lesson.tenant) == 3)
        // Either way the tenant can be moved there again.
        let again = try await lesson.follow(with: process)
        try await process.coordinator.cutOver(again)
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
    }

    @Test("C#19: a target that changed after the gate is found inside the pause, and the tenant is back in dual_write")
    func inconsistent() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(3, through: process.router)
        let id = try await lesson.follow(with: process)
        let epoch = try #require(try await process.coordinator.route(of: Lesson.tenant)?.epoch)
        let target = lesson.target.base
        lesson.source.onNextRaise(
            .meanwhile { _ throws(StoreError) in
                // Somebody rewrites the target's last event, chain and all.
                let log = target.events(of: Lesson.tenant)
                let forged = StoredEvent(log[2], payload: ["n": 99])
                let chained = forged.with(digest: forged.chainedDigest(after: log[1].digest))
                _ = try await target.replaceLog(
                    tenant: Lesson.tenant,
                    after: log[1].checkpoint,
                    with: [chained],
                    expecting: log[2].checkpoint,
                    epoch: epoch
                )
            }
        )
        let error = await #expect(throws: CutoverError.self) { try await process.coordinator.cutOver(id) }
        #expect(error?.code == .inconsistent)
        #expect(try await process.coordinator.migration(id)?.state == .dualWrite)
        #expect(try await process.coordinator.route(of: Lesson.tenant)?.active == "first")
        _ = try await process.router.append([Lesson.event()], to: "s", expected: .exact(3), tenant: Lesson.tenant)
    }

    @Test("C#20: a forced cutover leaves behind what the target lacks, says so, and is in the audit log")
    func forced() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(3, through: process.router)
        let id = try await lesson.follow(with: process)
        try await lesson.append(2, through: process.router)
        lesson.target.failOffers(with: StoreError(.unavailable, "Gone."))
        try await process.coordinator.cutOver(id, force: true, reason: "the source dies")
        let route = try #require(try await process.coordinator.route(of: Lesson.tenant))
        #expect(route.active == "second")
        #expect(route.warm == nil)
        #expect(route.branch?.store == "first")
        #expect(route.branch?.place.position == 3)
        #expect(route.branch?.sourcePosition == 5)
        #expect(lesson.source.base.eventCount(of: Lesson.tenant) == 5)
        let entry = try await process.coordinator.auditLog(of: Lesson.tenant).last
        #expect(entry?.operation == "forced cutover")
        #expect(entry?.reason == "the source dies")
        let problems = try await process.coordinator.diagnose(Lesson.tenant).problems
        #expect(problems.contains(.eventsLeftBehind("first", after: 3, count: 2)))
    }

    @Test("C#21, C#22: another coordinator with another timeout goes on over the same control store")
    func otherTimeout() async throws {
        let lesson = try Lesson()
        var short = MigrationCoordinator.Configuration.quick
        short.cutoverTimeout = .milliseconds(50)
        let process = try lesson.makeProcess(short)
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        lesson.source.onNextRaise(.meanwhile { _ in await Latch().wait() })
        let error = await #expect(throws: CutoverError.self) { try await process.coordinator.cutOver(id) }
        #expect(error?.code == .timeout)
        #expect(MigrationCoordinator.Configuration().cutoverTimeout == .seconds(5))
        try await lesson.makeProcess().coordinator.cutOver(id)
        #expect(try await process.coordinator.migration(id)?.state == .migrated)
    }

    @Test("C#24, C#25: a target's failure fails no write; it is counted, and the count survives the process")
    func failureStatistics() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        lesson.target.failOffers(with: StoreError(.unavailable, "Gone."))
        let store = try DualWriteInterceptor(
            process.router,
            configuration: .init(mode: .inline(timeout: .seconds(5)), statisticsInterval: .milliseconds(10))
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            try await eventually {
                try await lesson.append(1, through: store)
                return try await store.statistics(of: id).totalFailures > 0
            }
            let there = try DualWriteInterceptor(lesson.makeProcess().router)
            try await eventually { try await there.statistics(of: id).totalFailures > 0 }
            group.cancelAll()
        }
        let there = try DualWriteInterceptor(lesson.makeProcess().router)
        let statistics = try await there.statistics(of: id)
        #expect(statistics.totalFailures > 0)
        #expect(statistics.lastFailure == "unavailable")
    }

    @Test("C#31, C#32: an emergency stop ends what is under way for its tenants, and may be repeated")
    func emergencyStop() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        _ = try await process.router.append([Lesson.event()], to: "s", tenant: "neighbour")
        let id = try await lesson.follow(with: process)
        let neighbours = try await process.coordinator.start(tenant: "neighbour", to: "second")
        let stopped = await process.coordinator.emergencyStop([Lesson.tenant])
        #expect(try stopped.map { try $0.result.get() } == [true])
        #expect(try await process.coordinator.migration(id)?.state == .failed)
        #expect(try await process.coordinator.migration(id)?.errorMessage == "Emergency stop - manual intervention")
        #expect(try await process.coordinator.migration(neighbours)?.state == .pending)
        let again = await process.coordinator.emergencyStop([Lesson.tenant, "nobody"])
        #expect(try again[0].result.get() == false)
        #expect(throws: CutoverError.self) { try again[1].result.get() }
        #expect(try await process.coordinator.emergencyStopAll().map(\.tenant) == ["neighbour"])
        #expect(try await process.coordinator.migration(neighbours)?.state == .failed)
        #expect(try await process.coordinator.route(of: "neighbour")?.active == "first")
        try await lesson.append(1, through: process.router)
    }

    @Test("C#37: a tenant whose migration fails or waits disturbs no other one")
    func independence() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        _ = try await process.router.append([Lesson.event()], to: "s", tenant: "neighbour")
        // The neighbour's target holds another log from a time before: its migration is refused, and again when it fails later.
        let failing = try await process.coordinator.start(tenant: "neighbour", to: "second")
        _ = try await lesson.target.prepare(
            tenant: "neighbour",
            fence: Fence(epoch: Epoch(number: 1, route: RouteID(high: 9, low: 9)), role: .open)
        )
        let id = try await process.coordinator.start(tenant: Lesson.tenant, to: "second")
        let second = await #expect(throws: CutoverError.self) {
            try await process.coordinator.start(tenant: Lesson.tenant, to: "second")
        }
        #expect(second?.code == .state)
        try await lesson.run(process) {
            try await process.coordinator.waitUntil(.failed, of: failing)
            try await process.coordinator.waitUntil(.dualWrite, of: id)
        }
        try await process.coordinator.cutOver(id)
        #expect(try await process.coordinator.route(of: Lesson.tenant)?.active == "second")
        #expect(try await process.coordinator.route(of: "neighbour")?.active == "first")
        _ = try await process.router.append([Lesson.event()], to: "s", expected: .exact(1), tenant: "neighbour")
        try await lesson.append(1, through: process.router)
    }
}
