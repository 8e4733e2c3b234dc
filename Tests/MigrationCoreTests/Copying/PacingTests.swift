import Testing

@testable import MigrationCore

@Suite("Pacing")
struct PacingTests {
    @Test("a limit truly limits: a minute of batches takes a minute, waits included", arguments: [1, 7, 100, 1_000])
    func rateHolds(batch: Int) async throws {
        let clock = TestClock()
        let rate = RateController(RateLimit(maximumItemsPerSecond: 100, burst: .zero), clock: clock)
        for _ in 0..<(6_000 / batch) { try await rate.acquire(items: batch, bytes: 0) }
        let items = Double(6_000 / batch * batch)
        #expect(abs(clock.now.offset.inSeconds - items / 100) < 0.01)
    }

    @Test("bytes are limited beside items; the tighter limit decides")
    func bytes() async throws {
        let clock = TestClock()
        let limit = RateLimit(maximumItemsPerSecond: 1_000, maximumBytesPerSecond: 1_000, burst: .zero)
        let rate = RateController(limit, clock: clock)
        for _ in 0..<10 { try await rate.acquire(items: 1, bytes: 500) }
        #expect(abs(clock.now.offset.inSeconds - 5) < 0.01)
    }

    @Test("what gathers while nothing is written is at most the burst")
    func burst() async throws {
        let clock = TestClock()
        let rate = RateController(RateLimit(maximumItemsPerSecond: 10, burst: .seconds(1)), clock: clock)
        clock.advance(by: .seconds(3_600))
        let start = clock.now.offset
        for _ in 0..<30 { try await rate.acquire(items: 1, bytes: 0) }
        #expect(abs((clock.now.offset - start).inSeconds - 2) < 0.01)
    }

    @Test("throttling of one holds back all who share the controller")
    func holdOff() async throws {
        let clock = TestClock()
        let rate = RateController(clock: clock)
        rate.holdOff(for: .seconds(3))
        try await rate.acquire(items: 1, bytes: 1)
        #expect(clock.now.offset == .seconds(3))
        try await rate.acquire(items: 1, bytes: 1)
        #expect(clock.now.offset == .seconds(3))
    }

    @Test("a new limit holds from the next batch on")
    func newLimit() async throws {
        let clock = TestClock()
        let rate = RateController(RateLimit(maximumItemsPerSecond: 1, burst: .zero), clock: clock)
        try await rate.acquire(items: 10, bytes: 0)
        rate.limit = RateLimit(maximumItemsPerSecond: 100, burst: .zero)
        try await rate.acquire(items: 10, bytes: 0)
        #expect(abs(clock.now.offset.inSeconds - 10.1) < 0.001)
    }

    @Test("a batch is what the limit allows in 10 ms, if that is worth a transaction and fits the stores")
    func batchSizes() {
        func limits(_ items: Double?, _ bytes: Double? = nil, most: Int = 1_000) -> [Int] {
            let rate = RateController(
                RateLimit(maximumItemsPerSecond: items, maximumBytesPerSecond: bytes),
                clock: TestClock()
            )
            let limit = rate.batchLimit(items: most, bytes: 4 << 20)
            return [limit.items, limit.bytes]
        }
        #expect(limits(nil) == [1_000, 4 << 20])
        #expect(limits(20_000) == [200, 4 << 20])
        #expect(limits(1_000_000) == [1_000, 4 << 20])
        #expect(limits(.infinity) == [1_000, 4 << 20])
        #expect(limits(1) == [100, 4 << 20])
        #expect(limits(1, most: 7) == [7, 4 << 20])
        #expect(limits(nil, 20_000_000) == [1_000, 200_000])
        #expect(limits(nil, 1) == [1_000, 64 << 10])
    }

    @Test("waits double up to the maximum, less a random part of at most one half")
    func backoff() {
        let policy = RetryPolicy(
            maximumAttempts: 8,
            initialBackoff: .seconds(1),
            maximumBackoff: .seconds(10),
            deadline: .seconds(1_000)
        )
        var schedule = RetrySchedule(policy, startingAt: .zero)
        var random = SeededGenerator(seed: 1)
        for expected in [1.0, 2, 4, 8, 10, 10, 10] {
            guard case .retry(let wait) = schedule.decide(after: .unavailable, at: .zero, random: &random) else {
                Issue.record("no retry after \(schedule.attempts) attempts")
                return
            }
            #expect(wait.inSeconds <= expected && wait.inSeconds >= expected / 2)
        }
        #expect(schedule.decide(after: .unavailable, at: .zero, random: &random) == .giveUp)
    }

    @Test("a store that says when to come back is obeyed, also beyond the longest back-off")
    func retryAfter() {
        var schedule = RetrySchedule(RetryPolicy(maximumBackoff: .seconds(1)), startingAt: .zero)
        var random = SeededGenerator(seed: 1)
        let error = StoreError(.throttled, "Slow down.", context: .init(retryAfter: .seconds(30)))
        #expect(
            schedule.decide(after: error, at: .zero, repeatsUnknown: false, random: &random)
                == .retry(after: .seconds(30))
        )
    }

    @Test("no wait leads past the deadline of the call")
    func deadline() {
        var schedule = RetrySchedule(RetryPolicy(deadline: .seconds(20)), startingAt: .seconds(100))
        var random = SeededGenerator(seed: 1)
        let error = StoreError(.throttled, "Slow down.", context: .init(retryAfter: .seconds(15)))
        #expect(
            schedule.decide(after: error, at: .seconds(104), repeatsUnknown: false, random: &random)
                == .retry(after: .seconds(15))
        )
        #expect(
            schedule.decide(after: error, at: .seconds(119), repeatsUnknown: false, random: &random) == .giveUp
        )
    }

    @Test(
        "an open outcome is repeated only where that is harmless; other errors never",
        arguments: StoreError.Code.allCodes
    )
    func codes(code: StoreError.Code) {
        var random = SeededGenerator(seed: 1)
        for repeatsUnknown in [false, true] {
            var schedule = RetrySchedule(RetryPolicy(), startingAt: .zero)
            let decision = schedule.decide(
                after: StoreError(code, "It failed."),
                at: .zero,
                repeatsUnknown: repeatsUnknown,
                random: &random
            )
            let expected = code.category == .transient || (repeatsUnknown && code == .outcomeUnknown)
            #expect((decision != .giveUp) == expected)
        }
    }

    @Test("pages shrink at once when items are large, and never below one item")
    func pageSizes() {
        var sizer = PageSizer(maximumItems: 1_000, maximumBytes: 1_000_000)
        #expect(sizer.limit <= 1_000)
        sizer.record(items: 10, bytes: 1_000_000)
        #expect(sizer.limit == 10)
        sizer.record(items: 1, bytes: 16_000_000)
        #expect(sizer.limit == 1)
        for _ in 0..<100 { sizer.record(items: 10, bytes: 1_000) }
        #expect(sizer.limit == 1_000)
    }

    @Test("progress tells rate, remaining time and the time since data last moved")
    func progress() {
        var meter = ProgressMeter(.tenant("acme"), done: 500, total: 1_500, at: .zero)
        #expect(meter.progress(at: .zero).estimatedRemaining == nil)
        for second in 1...5 { meter.advance(by: 100, at: .seconds(second)) }
        let moving = meter.progress(at: .seconds(5))
        #expect(moving.done == 1_000 && moving.itemsPerSecond == 100 && moving.estimatedRemaining == .seconds(5))
        meter.retry()
        let stuck = meter.progress(at: .seconds(65))
        #expect(stuck.timeSinceLastAdvance == .seconds(60) && stuck.retries == 1)
        #expect(abs(stuck.fraction - 2.0 / 3) < 1e-9)
    }

    @Test("the rate is that of about the last ten seconds, not of the whole copy")
    func recentRate() {
        var meter = ProgressMeter(.tenant("acme"), done: 0, total: 1_000_000, at: .zero)
        for second in 1...100 { meter.advance(by: 1_000, at: .seconds(second)) }
        for second in 101...130 { meter.advance(by: 10, at: .seconds(second)) }
        #expect(abs(meter.progress(at: .seconds(130)).itemsPerSecond - 10) < 0.5)
    }

    @Test("an empty copy is complete")
    func emptyProgress() {
        let progress = ProgressMeter(.tenant("acme"), done: 0, total: 0, at: .zero).progress(at: .zero)
        #expect(progress.fraction == 1 && progress.estimatedRemaining == .zero)
    }
}

extension StoreError {
    fileprivate static let unavailable = StoreError(.unavailable, "It does not answer.")
}

extension RetrySchedule {
    fileprivate mutating func decide(
        after error: StoreError,
        at now: Duration,
        random: inout SeededGenerator
    ) -> Decision {
        decide(after: error, at: now, repeatsUnknown: false, random: &random)
    }
}
