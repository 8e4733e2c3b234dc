import CutoverBlockingLanes
import MigrationCore
import Testing

@Suite("A lane as an executor", .timeLimit(.minutes(5)))
struct LaneExecutorTests {
    private actor Handle {
        private let lane: Lane
        private var value = 0

        init(lane: Lane) { self.lane = lane }

        nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

        func increment() -> Bool {
            value += 1
            return lane.isCurrent
        }

        func total() -> Int { value }

        func assumeFromClosure() -> Bool { lane.isIsolatingCurrentContext() == true }
    }

    @Test("the methods of an actor that is bound to it run on its thread")
    func actor() async {
        let lane = Lane(name: "actor")
        let handle = Handle(lane: lane)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask { for _ in 0..<50 { #expect(await handle.increment()) } }
            }
        }
        #expect(await handle.total() == 800)
        #expect(await handle.assumeFromClosure())
        await lane.stopped()
    }

    @Test("a closure on the lane may touch the actor without a hop")
    func assumeIsolated() async {
        let lane = Lane(name: "assume")
        let handle = Handle(lane: lane)
        guard case .finished(true) = await lane.run({ handle.assumeIsolated { $0.increment() } }) else {
            Issue.record("the lane did not isolate its actor")
            return
        }
        await lane.stopped()
    }

    @Test("a task that prefers it runs there")
    func preference() async {
        let lane = Lane(name: "preference")
        let onLane = await Task(executorPreference: lane) { await whereAmI(lane) }.value
        #expect(onLane)
        await lane.stopped()
    }

    @Test("a task that arrives after the stop still ends")
    func afterStop() async {
        let lane = Lane(name: "late")
        let handle = Handle(lane: lane)
        await lane.stopped()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<20 { #expect(await handle.increment()) } }
            }
        }
        #expect(await handle.total() == 160)
        lane.stop()
    }
}

@concurrent private func whereAmI(_ lane: Lane) async -> Bool { lane.isCurrent }
