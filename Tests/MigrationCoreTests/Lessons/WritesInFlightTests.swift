import InMemoryAdapter
import Testing

@testable import MigrationCore

@Suite("Lessons: writes in flight", .timeLimit(.minutes(5)))
struct WritesInFlightTests {
    @Test("W1: an append that stalls while the migration begins and the history is copied is in the target")
    func stalledAtTheStart() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(3, through: process.router)
        let (isStalled, mayGoOn) = (Latch(), Latch())
        lesson.source.onNextAppend(
            .meanwhile { _ in
                isStalled.open()
                await mayGoOn.wait()
            }
        )
        let late = Lesson.event()
        async let stalled = process.router.append([late], to: "late", tenant: Lesson.tenant)
        await isStalled.wait()
        let id = try await lesson.follow(with: process)
        #expect(try await process.coordinator.syncLag(id) == 0)
        mayGoOn.open()
        _ = try await stalled
        try await process.coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target).contains(late.id))
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
    }

    @Test("W2: a mirrored event never stands behind one that is still missing, and lag counts both")
    func holeBeforeAMirroredEvent() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        let mirror = Mirror(
            control: process.control,
            stores: try StoreRegistry(lesson.fleet.stores),
            maximumBatchEvents: 10
        )
        try await lesson.append(2, through: process.router)
        // The first event's offer is still on its way when that of the second one is made.
        await mirror.offer(Lesson.tenant, 3...3, migration: id)
        #expect(lesson.target.base.eventCount(of: Lesson.tenant) == 1)
        #expect(mirror.statistics(of: id).leftToTail == 1)
        #expect(mirror.statistics(of: id).mirroredEvents == 0)
        #expect(try await process.coordinator.syncLag(id) == 2)
        // Then it fails; nothing was remembered that would hide it.
        lesson.target.onNextOffer(.before(StoreError(.unavailable, "Gone.")))
        await mirror.offer(Lesson.tenant, 2...2, migration: id)
        #expect(mirror.statistics(of: id).totalFailures == 1)
        try await process.coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
    }

    @Test("W3: a caller that is cancelled between the source's commit and the mirror leaves no hole")
    func cancelledCaller() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        let store = try DualWriteInterceptor(process.router, configuration: .init(mode: .inline(timeout: .seconds(30))))
        let isCommitted = Latch()
        lesson.source.onNextAppend(.beforeReply { _ in isCommitted.open() })
        lesson.target.onNextOffer(.meanwhile { _ in await Latch().wait() })
        let event = Lesson.event()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            await withTaskGroup(of: Void.self) { caller in
                caller.addTask { _ = try? await store.append([event], to: "s", tenant: Lesson.tenant) }
                await isCommitted.wait()
                caller.cancelAll()
            }
            group.cancelAll()
        }
        #expect(lesson.ids(in: lesson.source).contains(event.id))
        try await process.coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
    }

    @Test("W4: what a process without an interceptor writes is brought over like everything else")
    func unmirroredProcess() async throws {
        let lesson = try Lesson()
        let (mirroring, plain) = (try lesson.makeProcess(), try lesson.makeProcess())
        try await lesson.append(1, through: plain.router)
        let id = try await lesson.follow(with: mirroring)
        let store = try DualWriteInterceptor(mirroring.router)
        try await lesson.append(1, through: plain.router)
        try await lesson.append(1, through: store)
        try await lesson.append(1, through: plain.router)
        #expect(try await mirroring.coordinator.syncLag(id) == 3)
        try await mirroring.coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target).count == 4)
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
    }

    @Test("W5: an append that is under way in another process when the fence closes ends on the new store")
    func underWayAtTheFence() async throws {
        let lesson = try Lesson()
        let (here, elsewhere) = (try lesson.makeProcess(), try lesson.makeProcess())
        try await lesson.append(1, through: elsewhere.router)
        let id = try await lesson.follow(with: here)
        let (isStalled, mayGoOn) = (Latch(), Latch())
        lesson.source.onNextAppend(
            .meanwhile { _ in
                isStalled.open()
                await mayGoOn.wait()
            }
        )
        let late = Lesson.event()
        async let stalled = elsewhere.router.append([late], to: "s", expected: .exact(1), tenant: Lesson.tenant)
        await isStalled.wait()
        try await here.coordinator.cutOver(id)
        mayGoOn.open()
        #expect(try await stalled.versions == [2])
        #expect(lesson.ids(in: lesson.target).contains(late.id))
        #expect(!lesson.ids(in: lesson.source).contains(late.id))
    }

    @Test("what is appended between the gate and the fence is brought over before the switch")
    func drained() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(2, through: process.router)
        let id = try await lesson.follow(with: process)
        let epoch = try #require(try await process.coordinator.route(of: Lesson.tenant)?.epoch)
        let last = Lesson.event()
        lesson.source.onNextRaise(
            .meanwhile { store throws(StoreError) in
                _ = try await store.append([StreamAppend("s", events: [last])], tenant: Lesson.tenant, epoch: epoch)
            }
        )
        try await process.coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target).last == last.id)
        #expect(lesson.ids(in: lesson.target).count == 3)
    }

    @Test("W6: a process with a cached route cannot write to the old store after the cutover")
    func cachedRoute() async throws {
        let lesson = try Lesson()
        let (here, elsewhere) = (try lesson.makeProcess(), try lesson.makeProcess())
        try await lesson.append(1, through: elsewhere.router)
        let id = try await lesson.follow(with: here)
        try await here.coordinator.cutOver(id)
        #expect(elsewhere.control.cache.snapshot(of: Lesson.tenant)?.route.active == "first")
        let events = try await lesson.append(5, through: elsewhere.router)
        #expect(Array(lesson.ids(in: lesson.target).suffix(5)) == events.map(\.id))
        #expect(lesson.ids(in: lesson.source).count == 1)
    }

    @Test("W13: a parked call goes on at the new store, and parked calls go on in their order")
    func parked() async throws {
        let lesson = try Lesson()
        let (here, elsewhere) = (try lesson.makeProcess(), try lesson.makeProcess(maximumRouteAge: .zero))
        try await lesson.append(1, through: elsewhere.router)
        let id = try await lesson.follow(with: here)
        let (isClosing, mayClose) = (Latch(), Latch())
        lesson.source.onNextRaise(
            .meanwhile { _ in
                isClosing.open()
                await mayClose.wait()
            }
        )
        async let cutover: Void = here.coordinator.cutOver(id)
        await isClosing.wait()
        let event = Lesson.event()
        async let parked = elsewhere.router.append([event], to: "s", expected: .exact(1), tenant: Lesson.tenant)
        try await eventually { elsewhere.control.gate.parkedCount(of: Lesson.tenant) == 1 }
        mayClose.open()
        try await cutover
        #expect(try await parked.versions == [2])
        #expect(lesson.ids(in: lesson.target).last == event.id)
        #expect(!lesson.ids(in: lesson.source).contains(event.id))
    }
}
