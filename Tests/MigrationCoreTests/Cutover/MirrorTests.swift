import InMemoryAdapter
import MigrationTesting
import Testing

@testable import MigrationCore

/// Which events a mirror offers together, on a clock that only the test moves.
@Suite(.timeLimit(.minutes(5)))
struct MirrorTests {
    private static let other: TenantID = "other"
    private static let gatheringTime = Duration.milliseconds(2)

    /// Two tenants that follow; the source has three events more of each.
    private struct Scene {
        let lesson: Lesson
        let clock = ManualClock()
        let mirror: Mirror
        private var migrations: [TenantID: MigrationID] = [:]

        init() async throws {
            lesson = try Lesson()
            let process = try lesson.makeProcess()
            let watching = try lesson.fleet.makeProcess(clock: clock)
            for tenant in [Lesson.tenant, MirrorTests.other] {
                _ = try await process.router.append([Lesson.event()], to: "s", tenant: tenant)
                let id = try await process.coordinator.start(tenant: tenant, to: "second", from: "first")
                try await lesson.run(process) { try await process.coordinator.waitUntil(.dualWrite, of: id) }
                migrations[tenant] = id
            }
            // From here on no coordinator brings anything over.
            for tenant in migrations.keys {
                let events = (2...4).map { Lesson.event($0) }
                _ = try await process.router.append(events, to: "s", tenant: tenant)
                _ = try await watching.control.route(of: tenant)
            }
            mirror = Mirror(
                control: watching.control,
                stores: try StoreRegistry(lesson.fleet.stores),
                maximumBatchEvents: 10,
                gatheringTime: MirrorTests.gatheringTime
            )
        }

        func enqueue(_ tenant: TenantID, _ position: Int64) throws {
            mirror.enqueue(tenant, position...position, migration: try #require(migrations[tenant]))
        }

        func count(of tenant: TenantID) -> Int { lesson.target.base.eventCount(of: tenant) }

        /// Runs the mirror with one worker for as long as a body takes; it begins while the first event is gathered for.
        func running(_ body: () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await mirror.run(workers: 1) }
                // What is noted before the mirror runs is dropped.
                try await eventually {
                    try enqueue(Lesson.tenant, 2)
                    return clock.sleeperCount == 1
                }
                try await body()
                group.cancelAll()
            }
        }
    }

    @Test("what is appended to a tenant while its events are gathered is offered with them")
    func gathered() async throws {
        let scene = try await Scene()
        let before = scene.lesson.target.offers.count
        try await scene.running {
            try scene.enqueue(Lesson.tenant, 4)
            try scene.enqueue(Lesson.tenant, 3)
            #expect(scene.count(of: Lesson.tenant) == 1)
            scene.clock.advance(by: Self.gatheringTime)
            try await eventually { scene.count(of: Lesson.tenant) == 4 }
        }
        #expect(scene.lesson.target.offers.dropFirst(before).map { $0.map(\.position) } == [[2, 3, 4]])
    }

    @Test("nothing is gathered while another tenant is in line")
    func inLine() async throws {
        let scene = try await Scene()
        let (isOffering, mayGoOn) = (Latch(), Latch())
        scene.lesson.target.onNextOffer(
            .meanwhile { _ in
                isOffering.open()
                await mayGoOn.wait()
            }
        )
        try await scene.running {
            scene.clock.advance(by: Self.gatheringTime)
            await isOffering.wait()
            try scene.enqueue(Self.other, 2)
            try scene.enqueue(Lesson.tenant, 3)
            mayGoOn.open()
            // The clock stands still, so the other tenant's event was not gathered for; the next one is.
            try await scene.clock.waitForSleepers(1)
            #expect(scene.count(of: Self.other) == 2)
            #expect(scene.count(of: Lesson.tenant) == 2)
            scene.clock.advance(by: Self.gatheringTime)
            try await eventually { scene.count(of: Lesson.tenant) == 3 }
        }
    }

    @Test("events of a migration that began meanwhile are not gathered with those of the one before")
    func otherMigration() async throws {
        let scene = try await Scene()
        try await scene.running {
            scene.mirror.enqueue(Lesson.tenant, 3...3, migration: MigrationID())
            scene.clock.advance(by: Self.gatheringTime)
            try await eventually { scene.count(of: Lesson.tenant) == 2 }
        }
    }

    @Test("a mirror that ends does not wait for the end of gathering")
    func ended() async throws {
        let scene = try await Scene()
        // The clock is not moved.
        try await scene.running {}
        #expect(scene.lesson.targetIsPrefix)
    }
}
