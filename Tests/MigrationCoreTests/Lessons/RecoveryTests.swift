import InMemoryAdapter
import Testing

@testable import MigrationCore

@Suite("Lessons: recovery and aborts", .timeLimit(.minutes(5)))
struct RecoveryTests {
    @Test("W8: a migration whose process is gone goes on in another one, in every state, with nothing to repair")
    func adopted() async throws {
        let lesson = try Lesson()
        let dead = try lesson.makeProcess()
        try await lesson.append(3, through: dead.router)
        let id = try await dead.coordinator.start(tenant: Lesson.tenant, to: "second")
        // In bulk_copy: the first process is stopped with the copy under way.
        lesson.target.failOffers(with: StoreError(.unavailable, "Gone."))
        try await lesson.run(dead) { try await dead.coordinator.waitUntil(.bulkCopy, of: id) }
        lesson.target.failOffers(with: nil)
        let second = try lesson.makeProcess()
        try await lesson.run(second) { try await second.coordinator.waitUntil(.dualWrite, of: id) }
        // In dual_write: a third one, which was never told anything, cuts over.
        try await lesson.makeProcess().coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
        // After the move: a fourth one keeps the old store warm.
        let late = try await lesson.append(1, through: second.router)
        let fourth = try lesson.makeProcess()
        try await lesson.run(fourth) {
            try await eventually { lesson.ids(in: lesson.source).last == late.first?.id }
        }
    }

    @Test(
        "W9: a cutover whose caller is cancelled while the source hangs leaves the tenant in dual_write, and works again"
    )
    func cancelledCutover() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(2, through: process.router)
        let id = try await lesson.follow(with: process)
        let isClosing = Latch()
        lesson.source.onNextRaise(
            .meanwhile { _ in
                isClosing.open()
                await Latch().wait()
            }
        )
        try await lesson.run(process) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await process.coordinator.cutOver(id) }
                await isClosing.wait()
                group.cancelAll()
            }
            _ = try await process.router.append([Lesson.event()], to: "s", tenant: Lesson.tenant)
            try await process.coordinator.waitUntil(.dualWrite, of: id)
        }
        #expect(try await process.coordinator.route(of: Lesson.tenant)?.active == "first")
        try await process.coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target).count == 3)
    }

    @Test("W9: a control store that fails once at the start of a cutover changes nothing, and the next attempt works")
    func controlStoreFailsOnce() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        let documents = HookedDocumentStore(lesson.fleet.documents)
        let coordinator = try MigrationCoordinator(
            control: ControlStore(documents),
            stores: StoreRegistry(lesson.fleet.stores),
            configuration: .quick
        )
        for read in 1...4 {
            documents.set(reads: [documents.readCount + read: .before(StoreError(.unavailable, "Gone."))])
            let error = await #expect(throws: CutoverError.self) { try await coordinator.cutOver(id) }
            guard error != nil else { break }
            #expect(try await process.coordinator.migration(id)?.state == .dualWrite)
            documents.set()
        }
        if try await process.coordinator.migration(id)?.state != .migrated { try await coordinator.cutOver(id) }
        #expect(try await process.coordinator.route(of: Lesson.tenant)?.active == "second")
    }

    @Test("W10: an abort during a cutover wins or loses as a whole; afterwards one store is active and takes writes")
    func abortDuringCutover() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        let (isOpening, mayOpen) = (Latch(), Latch())
        lesson.target.onNextRaise(
            .beforeReply { _ in
                isOpening.open()
                await mayOpen.wait()
            }
        )
        async let cutover = failure { () async throws(CutoverError) in try await process.coordinator.cutOver(id) }
        await isOpening.wait()
        // The target is open already; the route is not switched yet.
        try await process.coordinator.abort(id, reason: "changed our minds")
        mayOpen.open()
        let error = await cutover
        #expect(error != nil)
        #expect(error?.code == .state || error?.code == .fenced)
        #expect(try await process.coordinator.migration(id)?.state == .rolledBack)
        let event = try await lesson.append(1, through: process.router)
        #expect(lesson.ids(in: lesson.source).last == event.first?.id)
        #expect(lesson.target.base.head(of: Lesson.tenant)?.fence.role == .closed)
    }

    @Test("W11: an abort in one process ends the copy and the mirror in every other one, and closes the target")
    func abortElsewhere() async throws {
        let lesson = try Lesson()
        let (here, there) = (try lesson.makeProcess(), try lesson.makeProcess())
        try await lesson.append(3, through: there.router)
        let id = try await lesson.follow(with: there)
        let store = try DualWriteInterceptor(there.router)
        try await lesson.run(there) {
            try await lesson.append(1, through: store)
            try await eventually { try await here.coordinator.syncLag(id) == 0 }
            try await here.coordinator.abort(id, reason: "test")
            try await lesson.append(20, through: store)
            try await eventually { there.control.cache.snapshot(of: Lesson.tenant)?.route.move == nil }
        }
        let count = lesson.target.base.eventCount(of: Lesson.tenant)
        let mirror = Mirror(
            control: there.control,
            stores: try StoreRegistry(lesson.fleet.stores),
            maximumBatchEvents: 10
        )
        await mirror.offer(Lesson.tenant, 5...24, migration: id)
        #expect(lesson.target.base.eventCount(of: Lesson.tenant) == count)
        #expect(count == 4)
        let fence = try #require(lesson.target.base.head(of: Lesson.tenant)?.fence)
        #expect(fence.role == .closed)
        #expect(fence.epoch == (try await here.coordinator.route(of: Lesson.tenant)?.epoch))
    }
}
