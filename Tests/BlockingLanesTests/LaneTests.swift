import CutoverBlockingLanes
import MigrationCore
import Testing

@Suite("A lane", .timeLimit(.minutes(5)))
struct LaneTests {
    @Test("closures run one after the other, in the order they were submitted")
    func order() {
        let lane = Lane(name: "order")
        let seen = Locked<[Int]>([])
        for number in 0..<1_000 { lane.submit { seen.withLock { $0.append(number) } } }
        lane.stop()
        #expect(seen.withLock { $0 } == Array(0..<1_000))
    }

    @Test("stop runs what is queued before it returns, and refuses what comes later")
    func stopDrains() {
        let lane = Lane(name: "drain")
        let gate = Gate()
        let ran = Locked(0)
        lane.submit { gate.wait() }
        for _ in 0..<100 { lane.submit { ran.withLock { $0 += 1 } } }
        lane.stopWithoutWaiting()
        #expect(ran.withLock { $0 } == 0)
        gate.open()
        lane.stop()
        #expect(ran.withLock { $0 } == 100)
        #expect(lane.submit { ran.withLock { $0 += 1 } } == false)
        #expect(ran.withLock { $0 } == 100)
    }

    @Test("stop may be called twice, by several threads, and on the lane itself")
    func stopTwice() async {
        let lane = Lane(name: "twice")
        lane.submit { lane.stop() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await lane.stopped() } }
        }
        lane.stop()
        lane.stop()
        #expect(lane.submit {} == false)
    }

    @Test("stop on the lane itself still runs what was queued before it")
    func stopOnLane() {
        let lane = Lane(name: "self")
        let gate = Gate()
        let ran = Locked(false)
        lane.submit { gate.wait() }
        lane.submit { lane.stop() }
        lane.submit { ran.withLock { $0 = true } }
        gate.open()
        while !lane.isStoppedForTests {}
        lane.stop()
        #expect(ran.withLock { $0 })
    }

    @Test("everything runs on the one thread of the lane, and nowhere else")
    func identity() async {
        let lane = Lane(name: "identity")
        let other = Lane(name: "other")
        #expect(!lane.isCurrent)
        #expect(lane.isIsolatingCurrentContext() == false)
        for _ in 0..<50 {
            guard case .finished(let (mine, others)) = await lane.run({ (lane.isCurrent, other.isCurrent) }) else {
                Issue.record("the closure did not run")
                continue
            }
            #expect(mine && !others)
        }
        lane.stop()
        other.stop()
    }

    @Test("many producers lose nothing, and each one's order is kept", arguments: [1, 2, 8])
    func producers(count: Int) async {
        let lane = Lane(name: "producers")
        let seen = Locked<[[Int]]>(Array(repeating: [], count: count))
        await withTaskGroup(of: Void.self) { group in
            for producer in 0..<count {
                group.addTask {
                    for number in 0..<500 { lane.submit { seen.withLock { $0[producer].append(number) } } }
                }
            }
        }
        await lane.stopped()
        for numbers in seen.withLock({ $0 }) { #expect(numbers == Array(0..<500)) }
    }

    @Test("state that only closures touch needs no lock of its own")
    func confinement() async {
        let lane = Lane(name: "confined")
        let counter = Confined()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<200 { _ = await lane.run { counter.value += 1 } } }
            }
        }
        await lane.stopped()
        #expect(counter.value == 1_600)
    }
}

/// Safety: `value` is touched by closures on one lane, and read after it has stopped.
private final class Confined: @unchecked Sendable {
    var value = 0
}

extension Lane {
    /// Whether the lane refuses work; asked without leaving anything behind on a lane that does not.
    fileprivate var isStoppedForTests: Bool { !submit {} }
}
