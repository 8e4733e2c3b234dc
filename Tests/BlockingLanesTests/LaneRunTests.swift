import CutoverBlockingLanes
import MigrationCore
import Testing

@Suite("A closure run from async code", .timeLimit(.minutes(5)))
struct LaneRunTests {
    @Test("returns its value")
    func value() async {
        let lane = Lane(name: "value")
        guard case .finished(42) = await lane.run({ 42 }) else {
            Issue.record("expected the value of the closure")
            return
        }
        await lane.stopped()
    }

    @Test("is refused by a lane that was stopped")
    func stopped() async {
        let lane = Lane(name: "stopped")
        await lane.stopped()
        guard case .stopped = await lane.run({ 42 }) else {
            Issue.record("a stopped lane ran a closure")
            return
        }
    }

    @Test("a cancelled task whose closure waits is released at once, and the closure never runs")
    func cancelledWhileWaiting() async {
        let lane = Lane(name: "waiting")
        let gate = Gate()
        let ran = Locked(false)
        lane.submit { gate.wait() }
        let task = Task { await lane.run { ran.withLock { $0 = true } } }
        task.cancel()
        guard case .cancelled = await task.value else {
            Issue.record("the call was not cancelled")
            return
        }
        gate.open()
        await lane.stopped()
        #expect(!ran.withLock { $0 })
    }

    @Test("a task that is cancelled from the start runs nothing")
    func cancelledEarly() async {
        let lane = Lane(name: "early")
        let ran = Locked(false)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await lane.run { ran.withLock { $0 = true } }
        }
        guard case .cancelled = await task.value else {
            Issue.record("the call was not cancelled")
            return
        }
        await lane.stopped()
        #expect(!ran.withLock { $0 })
    }

    @Test("a cancelled task whose closure runs calls the interrupt, and waits for the closure")
    func interrupted() async {
        let lane = Lane(name: "running")
        let started = Gate()
        let gate = Gate()
        let interrupts = Locked(0)
        let task = Task {
            await lane.run(
                interrupt: {
                    interrupts.withLock { $0 += 1 }
                    gate.open()
                },
                {
                    started.open()
                    gate.wait()
                    return 7
                }
            )
        }
        await Task.detached { started.wait() }.value
        task.cancel()
        guard case .finished(7) = await task.value else {
            Issue.record("the running closure was not waited for")
            return
        }
        #expect(interrupts.withLock { $0 } == 1)
        await lane.stopped()
    }

    @Test("the interrupt never reaches the work that follows")
    func interruptIsDisarmed() async {
        let lane = Lane(name: "disarmed")
        // Which closures have started, in order: an interrupt is astray once another one has started after its own.
        let started = Locked<[Int]>([])
        let strays = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                let task = Task {
                    _ = await lane.run(
                        interrupt: {
                            let isAstray = started.withLock { $0.contains(number) && $0.last != number }
                            if isAstray { strays.withLock { $0 += 1 } }
                        },
                        { started.withLock { $0.append(number) } }
                    )
                }
                group.addTask { task.cancel() }
            }
        }
        await lane.stopped()
        #expect(strays.withLock { $0 } == 0)
    }
}
