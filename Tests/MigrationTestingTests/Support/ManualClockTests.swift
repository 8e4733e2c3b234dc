import MigrationCore
import MigrationTesting
import Testing

@Suite("ManualClock")
struct ManualClockTests {
    @Test("advancing wakes sleepers in the order of their deadlines, and no others")
    func order() async throws {
        let clock = ManualClock()
        let woken = Locked<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seconds in [3, 1, 2, 9] {
                group.addTask {
                    try await clock.sleep(for: .seconds(seconds))
                    woken.withLock { $0.append(seconds) }
                }
            }
            try await clock.waitForSleepers(4)
            #expect(clock.nextDeadline == ManualClock.Instant(offset: .seconds(1)))
            for second in 1...3 {
                clock.advance(by: .seconds(1))
                while woken.withLock({ $0.count }) < second { await Task.yield() }
            }
            #expect(woken.withLock { $0 } == [1, 2, 3])
            #expect(clock.sleeperCount == 1)
            clock.advance(to: ManualClock.Instant(offset: .seconds(9)))
            try await group.waitForAll()
        }
        #expect(clock.now.offset == .seconds(9))
    }

    @Test("a sleeper whose task is cancelled wakes at once with CancellationError")
    func cancellation() async throws {
        let clock = ManualClock()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await clock.sleep(for: .seconds(1))
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            try? await clock.waitForSleepers(1)
            group.cancelAll()
            #expect(await group.next() == true)
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test("a task that was cancelled before does not sleep")
    func cancelledBefore() async throws {
        let clock = ManualClock()
        await withTaskGroup(of: Bool.self) { group in
            group.cancelAll()
            group.addTask { (try? await clock.sleep(for: .seconds(1))) == nil }
            #expect(await group.next() == true)
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test("a deadline that has passed does not sleep, and the clock never goes back")
    func past() async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(5))
        try await clock.sleep(until: ManualClock.Instant(offset: .seconds(5)))
        clock.advance(to: ManualClock.Instant(offset: .seconds(1)))
        #expect(clock.now.offset == .seconds(5))
    }
}
