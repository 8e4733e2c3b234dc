import InMemoryAdapter
import MigrationTesting
import Testing

@testable import MigrationCore

@Suite("Lessons: the cutover", .timeLimit(.minutes(5)))
struct CutoverLessonsTests {
    @Test("W12: a cutover under thirty-two writers succeeds in its first attempt")
    func underLoad() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess()
        let log = WriterLog()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<32 { group.addTask { await write(through: process.router, as: writer, to: log) } }
            group.addTask { try? await process.coordinator.run() }
            try await eventually { log.count > 64 }
            let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            try await process.coordinator.cutOver(id)
            group.cancelAll()
        }
        #expect(log.errors.isEmpty)
        #expect(fleet.second.eventCount(of: Fleet.tenant) >= fleet.first.eventCount(of: Fleet.tenant))
    }

    @Test("W13: a process that stands still across the cutover of another does not mistake its work for damage")
    func wokenAfterTheCutover() async throws {
        let lesson = try Lesson()
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.cutoverTimeout = .milliseconds(200)
        // Its own time stands still with it.
        let process = try lesson.fleet.makeProcess(configuration, clock: ManualClock())
        let other = try lesson.makeProcess(configuration)
        try await lesson.append(2, through: other.router)
        let id = try await lesson.follow(with: other)
        let (isClosed, mayGoOn) = (Latch(), Latch())
        lesson.source.onNextRaise(
            .beforeReply { _ in
                isClosed.open()
                await mayGoOn.wait()
            }
        )
        async let stalled = failure { () async throws(CutoverError) in try await process.coordinator.cutOver(id) }
        await isClosed.wait()
        try await lesson.run(other) {
            try await other.coordinator.waitUntil(.dualWrite, of: id)
            try await other.coordinator.cutOver(id)
        }
        try await lesson.append(3, through: other.router)
        mayGoOn.open()
        let error = await stalled
        #expect(error?.code == .fenced)
        #expect(try await other.coordinator.route(of: Lesson.tenant)?.active == "second")
        try await lesson.append(1, through: other.router)
        #expect(lesson.ids(in: lesson.target).count == 6)
    }

    @Test(
        "W13: a store that hangs holds no writer longer than the cutover may take; the error says how long and how many"
    )
    func timeout() async throws {
        let lesson = try Lesson()
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.cutoverTimeout = .seconds(1)
        // On a clock of its own, so that the time is over when the test says so and not when the machine is busy.
        let clock = ManualClock()
        let process = try lesson.fleet.makeProcess(configuration, clock: clock)
        let other = try lesson.makeProcess()
        try await lesson.append(1, through: other.router)
        let id = try await lesson.follow(with: other)
        let (isClosing, mayClose) = (Latch(), Latch())
        lesson.source.onNextRaise(
            .meanwhile { _ in
                isClosing.open()
                // It does not even notice that its caller is cancelled.
                await Task { await mayClose.wait() }.value
            }
        )
        async let cutover = failure { () async throws(CutoverError) in try await process.coordinator.cutOver(id) }
        await isClosing.wait()
        async let parked = process.router.append(
            [Lesson.event()],
            to: "s",
            expected: .exact(1),
            tenant: Lesson.tenant
        )
        try await eventually { process.control.gate.parkedCount(of: Lesson.tenant) == 1 }
        async let _: Void = {
            for _ in 0..<300 where !Task.isCancelled {
                clock.advance(by: .milliseconds(100))
                try? await Task.sleep(for: .milliseconds(5))
            }
        }()
        // The store hangs still: the call does not wait for it.
        _ = try await parked
        #expect(lesson.ids(in: lesson.source).count == 2)
        mayClose.open()
        let error = await cutover
        #expect(error != nil)
        #expect(error?.code == .timeout)
        #expect(error?.timeout == .seconds(1))
        #expect(error?.parkedWriters == 1)
        #expect(error?.state == .dualWrite)
        #expect(try await process.coordinator.migration(id)?.state == .dualWrite)
        try await lesson.makeProcess().coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target).count == 2)
    }

    @Test("W14: a quiet tenant whose last append had many events has no lag and moves")
    func wideAppend() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        let mirror = Mirror(
            control: process.control,
            stores: try StoreRegistry(lesson.fleet.stores),
            maximumBatchEvents: 3
        )
        let wide = (0..<7).map { Lesson.event($0) }
        let result = try await process.router.append(wide, to: "s", tenant: Lesson.tenant)
        #expect(try await process.coordinator.syncLag(id) == 7)
        await mirror.offer(Lesson.tenant, result.positions, migration: id)
        #expect(try await process.coordinator.syncLag(id) == 0)
        try await process.coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
    }

    @Test("W15: a target that hangs delays no write beyond the mirror's timeout")
    func hangingTarget() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        _ = try await lesson.follow(with: process)
        let store = try DualWriteInterceptor(
            process.router,
            configuration: .init(mode: .inline(timeout: .milliseconds(20)))
        )
        lesson.target.onNextOffer(.meanwhile { _ in await Latch().wait() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            let began = ContinuousClock.now
            try await lesson.append(10, through: store)
            #expect(ContinuousClock.now - began < .seconds(10))
            group.cancelAll()
        }
        #expect(lesson.ids(in: lesson.source).count == 11)
    }

    @Test("W15: the circuit opens after failures in a row, probes, waits longer after a failed probe, and closes again")
    func breaker() {
        var breaker = CircuitBreaker(
            .init(maximumFailures: 2, initialPause: .seconds(1), maximumPause: .seconds(3))
        )
        func isAdmitted(at time: Duration) -> Bool { breaker.admits(at: time) }
        #expect(isAdmitted(at: .zero))
        breaker.failed(at: .zero)
        #expect(isAdmitted(at: .zero))
        breaker.succeeded()
        breaker.failed(at: .zero)
        #expect(!breaker.isOpen)
        breaker.failed(at: .zero)
        #expect(breaker.isOpen)
        #expect(!isAdmitted(at: .milliseconds(999)))
        #expect(isAdmitted(at: .seconds(1)))
        #expect(!isAdmitted(at: .seconds(1)))
        breaker.failed(at: .seconds(1))
        #expect(!isAdmitted(at: .milliseconds(2_999)))
        #expect(isAdmitted(at: .seconds(3)))
        breaker.withdrawn(at: .seconds(3))
        #expect(isAdmitted(at: .seconds(3)))
        breaker.succeeded()
        #expect(!breaker.isOpen)
        #expect(isAdmitted(at: .seconds(3)))
    }

    @Test("W16: a passing error of the target ends no migration, and shows while it lasts")
    func passingError() async throws {
        let lesson = try Lesson()
        var configuration = MigrationCoordinator.Configuration.quick
        configuration.copier.retry = RetryPolicy(maximumAttempts: 1)
        let process = try lesson.makeProcess(configuration)
        try await lesson.append(3, through: process.router)
        lesson.target.failOffers(with: StoreError(.unavailable, "Gone."))
        let id = try await process.coordinator.start(tenant: Lesson.tenant, to: "second")
        try await lesson.run(process) {
            try await eventually {
                try await process.coordinator.status(of: id).stuckOn?.contains("unavailable") == true
            }
            #expect(try await process.coordinator.migration(id)?.state == .bulkCopy)
            lesson.target.failOffers(with: nil)
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            try await eventually { try await process.coordinator.status(of: id).stuckOn == nil }
            // The same while the target is followed, which ends with the route only.
            lesson.target.failOffers(with: StoreError(.unavailable, "Gone."))
            try await lesson.append(3, through: process.router)
            try await eventually {
                try await process.coordinator.status(of: id).stuckOn?.contains("unavailable") == true
            }
            lesson.target.failOffers(with: nil)
            try await eventually { try await process.coordinator.status(of: id).stuckOn == nil }
            #expect(try await process.coordinator.migration(id)?.state == .dualWrite)
        }
        #expect(lesson.targetIsPrefix)
    }

    @Test("W17: two thousand mirror failures are counted, and one cutover later nothing of them is left")
    func manyFailures() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        let mirror = Mirror(
            control: process.control,
            stores: try StoreRegistry(lesson.fleet.stores),
            maximumBatchEvents: 10,
            breaker: .init(maximumFailures: .max)
        )
        lesson.target.failOffers(with: StoreError(.unavailable, "Gone."))
        for position in Int64(2)...2_001 {
            try await lesson.append(1, through: process.router)
            await mirror.offer(Lesson.tenant, position...position, migration: id)
        }
        #expect(mirror.statistics(of: id).totalFailures == 2_000)
        #expect(try await process.coordinator.syncLag(id) == 2_000)
        lesson.target.failOffers(with: nil)
        try await process.coordinator.cutOver(id)
        #expect(lesson.ids(in: lesson.target) == lesson.ids(in: lesson.source))
    }

    @Test("W19: while writes are parked nothing is read but what the target lacks")
    func nothingIsVerifiedInThePause() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(50, through: process.router)
        let id = try await lesson.follow(with: process)
        let reads = Locked((source: 0, target: 0))
        let (source, target) = (lesson.source, lesson.target)
        source.onNextRaise(.meanwhile { _ in reads.withLock { $0 = (source.reads, target.reads) } })
        try await process.coordinator.cutOver(id)
        let before = reads.withLock { $0 }
        #expect(before.target > 0)
        #expect(source.reads == before.source)
        #expect(target.reads == before.target)
    }

    @Test("the target is open under the route's own epoch before the route says so")
    func targetIsOpen() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        let id = try await lesson.follow(with: process)
        try await process.coordinator.cutOver(id)
        let route = try #require(try await process.coordinator.route(of: Lesson.tenant))
        #expect(lesson.target.base.head(of: Lesson.tenant)?.fence == Fence(epoch: route.epoch, role: .open))
        #expect(lesson.source.base.head(of: Lesson.tenant)?.fence.role == .closed)
        #expect(lesson.source.base.head(of: Lesson.tenant)?.fence.successor == "second")
    }

    @Test("W7b: a source that hides an event which its head counts is not cut over, whatever the lag says")
    func hiddenEvents() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(5, through: process.router)
        let id = try await lesson.follow(with: process)
        try await lesson.append(2, through: process.router)
        lesson.source.damage(Lesson.tenant) { $0.removed = [6] }
        let error = await #expect(throws: CutoverError.self) { try await process.coordinator.cutOver(id) }
        #expect(error?.underlying?.code == .corrupt)
        #expect(try await process.coordinator.route(of: Lesson.tenant)?.active == "first")
        #expect(try await process.coordinator.syncLag(id) == 2)
        let report = try await ConsistencyVerifier(configuration: .init(settleDelay: .zero, settleRounds: 0))
            .verifyEvents(of: Lesson.tenant, source: lesson.source, target: lesson.target)
        #expect(!report.isConsistent)
    }

    @Test("parked calls go on in the order in which they came")
    func fair() async {
        let gate = WriteGate()
        let order = Locked<[Int]>([])
        let first = await gate.enter(Lesson.tenant, deadline: .seconds(1), maximumCount: 10)
        #expect(first == .drive)
        let executor = SteppingExecutor()
        await withTaskGroup(of: Void.self) { group in
            for number in 1...5 {
                group.addTask(executorPreference: executor) { await Self.park(number, at: gate, order: order) }
                executor.runAll()
                #expect(gate.parkedCount(of: Lesson.tenant) == number + 1)
            }
            gate.open(Lesson.tenant)
            executor.runAll()
        }
        #expect(order.withLock { $0 } == [1, 2, 3, 4, 5])
    }

    private static func park(_ number: Int, at gate: WriteGate, order: Locked<[Int]>) async {
        _ = await gate.enter(Lesson.tenant, deadline: .seconds(1), maximumCount: 10)
        order.withLock { $0.append(number) }
    }

    /// Runs tasks where it is told to, in the order in which they were made ready: a thread of theirs might overtake another one.
    private final class SteppingExecutor: TaskExecutor {
        private let jobs = Locked<[UnownedJob]>([])

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            jobs.withLock { $0.append(job) }
        }

        /// Runs each task until it waits, and what becomes ready meanwhile.
        func runAll() {
            while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
        }
    }
}
