import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Copying event logs")
struct EventCopierTests {
    private let source = HookedEventStore(InMemoryEventStore(id: "source"))
    private let target = HookedEventStore(InMemoryEventStore(id: "target"))
    private let clock = TestClock()
    private let follower = Epoch(number: 4, route: RouteID(high: 4, low: 4))

    private func copier(page: Int = 10, retry: RetryPolicy = RetryPolicy()) -> EventCopier {
        EventCopier(
            source: source,
            target: target,
            configuration: .init(maximumPageEvents: page, maximumBatchEvents: page, retry: retry),
            clock: clock
        )
    }

    /// Appends events one by one, alternating between three streams.
    private func fill(_ count: Int, tenant: TenantID = "acme") throws {
        for index in 0..<count {
            let event = NewEvent(type: "counted", occurredAt: .now(), payload: ["n": .int64(Int64(index))])
            try source.base.seed([event], to: EventLogs.streams[index % 3], tenant: tenant)
        }
    }

    private func expectEqualLogs(_ tenant: TenantID = "acme") {
        #expect(target.base.events(of: tenant) == source.base.events(of: tenant))
        #expect(target.base.head(of: tenant)?.checkpoint == source.base.head(of: tenant)?.checkpoint)
    }

    @Test("the target becomes the source, event by event and in order", arguments: [0, 1, 9, 10, 11, 35])
    func sizes(count: Int) async throws {
        if count == 0 {
            try await source.prepare(tenant: "acme", fence: Fence(epoch: .unrouted, role: .open))
        }
        try fill(count)
        let result = try await copier().copy(tenant: "acme")
        expectEqualLogs()
        #expect(result.appended == Int64(count) && result.start == .beginning)
        #expect(result.end == source.base.head(of: "acme")?.checkpoint)
        #expect(target.base.head(of: "acme")?.fence == Fence(epoch: result.epoch, role: .follower))
    }

    @Test("a second copy brings what came meanwhile and nothing else")
    func resumes() async throws {
        try fill(25)
        try await copier().copy(tenant: "acme")
        try fill(5)
        let result = try await copier().copy(tenant: "acme")
        #expect(result.appended == 5 && result.start.position == 25)
        expectEqualLogs()
    }

    @Test("a copy stops at the position that it was given")
    func through() async throws {
        try fill(25)
        let result = try await copier().copy(tenant: "acme", through: 13)
        #expect(result.end.position == 13)
        #expect(target.base.events(of: "acme") == Array(source.base.events(of: "acme").prefix(13)))
        await expect(code: .invalidArgument) { try await copier().copy(tenant: "acme", through: 26) }
    }

    @Test("an offer whose reply was lost is offered again, and nothing is there twice")
    func lostReply() async throws {
        try fill(30)
        target.set(offers: [2: .after(StoreError(.outcomeUnknown, "The reply was lost."))])
        let result = try await copier().copy(tenant: "acme")
        expectEqualLogs()
        #expect(result.retries == 1 && target.offers.count == 4)
    }

    @Test("the target tells how long to wait, and is obeyed")
    func throttled() async throws {
        try fill(30)
        let error = StoreError(.throttled, "Slow down.", context: .init(retryAfter: .seconds(7)))
        target.set(offers: [1: .before(error), 2: .before(error)])
        let result = try await copier().copy(tenant: "acme")
        expectEqualLogs()
        #expect(clock.slept.filter { $0 >= .seconds(7) }.count == 2)
        #expect(result.duration >= .seconds(14))
    }

    @Test("one passing error of the source does not end the copy")
    func sourceHiccup() async throws {
        try fill(30)
        source.set(reads: [1: .before(StoreError(.unavailable, "Gone.")), 3: .before(StoreError(.busy, "Busy."))])
        #expect(try await copier().copy(tenant: "acme").retries == 2)
        expectEqualLogs()
    }

    @Test("when attempts run out the error is thrown, and the next copy goes on where this one stopped")
    func givesUp() async throws {
        try fill(30)
        let gone = HookedEventStore.Fault.before(StoreError(.unavailable, "Gone."))
        target.set(offers: [2: gone, 3: gone, 4: gone])
        await expect(code: .unavailable) {
            try await copier(retry: RetryPolicy(maximumAttempts: 3)).copy(tenant: "acme")
        }
        #expect(target.base.eventCount(of: "acme") == 10)
        #expect(try await copier().copy(tenant: "acme").appended == 20)
        expectEqualLogs()
    }

    @Test("a cancelled copy leaves a prefix, and the next one goes on from it")
    func cancellation() async throws {
        try fill(50)
        target.set(offers: [3: .meanwhile { _ in withUnsafeCurrentTask { $0?.cancel() } }])
        let copier = copier()
        let code = await withTaskGroup(of: StoreError.Code?.self) { group in
            group.addTask {
                do throws(StoreError) {
                    _ = try await copier.copy(tenant: "acme")
                    return nil
                } catch {
                    return error.code
                }
            }
            return await group.next() ?? nil
        }
        #expect(code == .cancelled)
        let copied = target.base.events(of: "acme")
        #expect(copied == Array(source.base.events(of: "acme").prefix(copied.count)) && copied.count < 50)
        target.set()
        try await copier.copy(tenant: "acme")
        expectEqualLogs()
    }

    @Test("a target that holds another log is refused with the first position that differs", arguments: [1, 7, 20])
    func diverged(at position: Int) async throws {
        try fill(20)
        let other = InMemoryEventStore(id: "other")
        for (index, event) in source.base.events(of: "acme").enumerated() {
            let payload: Document = index + 1 == position ? ["n": "another"] : event.payload
            let copy = NewEvent(
                id: event.id,
                type: event.type,
                occurredAt: event.occurredAt,
                recordedAt: event.recordedAt,
                payload: payload
            )
            try other.seed([copy], to: event.stream, tenant: "acme")
        }
        try await target.prepare(tenant: "acme", fence: Fence(epoch: follower, role: .follower))
        _ = try await target.base.offer(
            other.events(of: "acme"),
            tenant: "acme",
            after: .beginning,
            epoch: follower
        )
        let error = await expect(code: .logDiverged) { try await copier().copy(tenant: "acme") }
        #expect(error?.context.position == Int64(position))
        #expect(target.offers.isEmpty)
    }

    @Test("a source that has lost events shows as a target ahead of it")
    func sourceLostEvents() async throws {
        try fill(20)
        try await copier().copy(tenant: "acme")
        let restored = InMemoryEventStore(id: "restored")
        for event in source.base.events(of: "acme").prefix(15) {
            let copy = NewEvent(
                id: event.id,
                type: event.type,
                occurredAt: event.occurredAt,
                recordedAt: event.recordedAt,
                payload: event.payload
            )
            try restored.seed([copy], to: event.stream, tenant: "acme")
        }
        let error = await expect(code: .logDiverged) {
            try await EventCopier(source: restored, target: target).copy(tenant: "acme")
        }
        #expect(error?.context.position == 16)
        #expect(target.base.eventCount(of: "acme") == 20)
    }

    @Test("an active target is refused and keeps its fence")
    func activeTarget() async throws {
        try fill(3)
        try target.base.seed([NewEvent(type: "mine", occurredAt: .now(), payload: [:])], to: "s", tenant: "acme")
        await expect(code: .storeIsActive) { try await copier().copy(tenant: "acme") }
        await expect(code: .storeIsActive) { try await copier().copy(tenant: "acme", epoch: follower) }
        #expect(target.base.head(of: "acme")?.fence == Fence(epoch: .unrouted, role: .open))
    }

    @Test("a copier of an older epoch is fenced off by a newer one")
    func olderEpoch() async throws {
        try fill(30)
        try await copier().copy(tenant: "acme", epoch: follower, through: 10)
        let newer = Epoch(number: 5, route: follower.route)
        try await copier().copy(tenant: "acme", epoch: newer, through: 20)
        await expect(code: .fenced) { try await copier().copy(tenant: "acme", epoch: follower) }
        #expect(target.base.eventCount(of: "acme") == 20)
    }

    @Test("an event that contradicts its stored digest is the source's fault, and is not copied")
    func damagedSource() async throws {
        try fill(30)
        let event = source.base.events(of: "acme")[16]
        let altered = StoredEvent(event, payload: ["n": "altered"])
        source.damage("acme") { $0.replaced[17] = altered }
        let error = await expect(code: .corrupt) { try await copier().copy(tenant: "acme") }
        #expect(error?.context.position == 17 && error?.context.store == "source")
        #expect(target.base.eventCount(of: "acme") == 10)
    }

    @Test("a hole in the source's log is an error with its position, never a shorter copy", arguments: [1, 10, 11, 30])
    func hole(at position: Int64) async throws {
        try fill(30)
        source.damage("acme") { $0.removed = [position] }
        let error = await expect(code: .corrupt) { try await copier().copy(tenant: "acme") }
        #expect(error?.context.position == position)
    }

    @Test("several copiers at once make one log")
    func severalCopiers() async throws {
        try fill(200)
        let copier = copier(page: 7)
        let appended = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<4 { group.addTask { try await copier.copy(tenant: "acme").appended } }
            return try await group.reduce(0, +)
        }
        expectEqualLogs()
        #expect(appended == 200)
    }

    @Test("a mirror that is ahead is not offered what it has")
    func mirrorAhead() async throws {
        try fill(100)
        let log = source.base.events(of: "acme")
        let epoch = follower
        target.set(offers: [
            2: .meanwhile { target throws(StoreError) in
                _ = try await target.offer(
                    Array(log[10..<90]),
                    tenant: "acme",
                    after: log[9].checkpoint,
                    epoch: epoch
                )
            }
        ])
        let result = try await copier().copy(tenant: "acme", epoch: follower)
        expectEqualLogs()
        #expect(result.appended == 20 && target.offers.count == 3)
    }

    @Test("a target that was cut back meanwhile is filled again from its new end")
    func cutBack() async throws {
        try fill(50)
        let log = source.base.events(of: "acme")
        let epoch = follower
        target.set(offers: [
            3: .meanwhile { target throws(StoreError) in
                _ = try await target.replaceLog(
                    tenant: "acme",
                    after: log[4].checkpoint,
                    with: [],
                    expecting: log[19].checkpoint,
                    epoch: epoch
                )
            }
        ])
        try await copier().copy(tenant: "acme", epoch: follower)
        expectEqualLogs()
    }

    @Test("batches respect what the target can take at once")
    func targetLimits() async throws {
        var small = EventStoreCapabilities.inMemory
        small.maximumAppendEvents = 3
        let limited = HookedEventStore(InMemoryEventStore(id: "small", capabilities: small))
        try fill(10)
        try await EventCopier(source: source, target: limited).copy(tenant: "acme")
        #expect(limited.offers.map(\.count) == [3, 3, 3, 1])
        #expect(limited.base.events(of: "acme") == source.base.events(of: "acme"))
    }

    @Test("an event that the target cannot hold is named by its position")
    func tooLarge() async throws {
        var small = EventStoreCapabilities.inMemory
        small.maximumEventBytes = 1_000
        let limited = InMemoryEventStore(id: "small", capabilities: small)
        try fill(4)
        let large: Document = ["text": .string(String(repeating: "x", count: 2_000))]
        try source.base.seed([NewEvent(type: "t", occurredAt: .now(), payload: large)], to: "a", tenant: "acme")
        let error = await expect(code: .eventTooLarge) {
            try await EventCopier(source: source, target: limited).copy(tenant: "acme")
        }
        #expect(error?.context.position == 5)
    }

    @Test("the failure of one tenant does not stop the others")
    func manyTenants() async throws {
        for tenant in ["a", "b", "c", "d"] as [TenantID] { try fill(20, tenant: tenant) }
        try target.base.seed([NewEvent(type: "mine", occurredAt: .now(), payload: [:])], to: "s", tenant: "b")
        let outcomes = await copier().copyAll(["a", "b", "nobody", "c", "d"])
        #expect(outcomes.map(\.tenant) == ["a", "b", "nobody", "c", "d"])
        #expect(outcomes.map(\.error?.code) == [nil, .storeIsActive, .tenantNotPrepared, nil, nil])
        for tenant in ["a", "c", "d"] as [TenantID] { expectEqualLogs(tenant) }
    }

    @Test("progress counts up to the total and shows attempts that were repeated")
    func progress() async throws {
        try fill(30)
        try await copier().copy(tenant: "acme", through: 5)
        target.set(offers: [3: .before(StoreError(.unavailable, "Gone."))])
        let seen = Locked<[CopyProgress]>([])
        try await copier().copy(tenant: "acme") { progress in seen.withLock { $0.append(progress) } }
        let all = seen.withLock { $0 }
        #expect(all.map(\.done) == [15, 15, 25, 30])
        #expect(all.allSatisfy { $0.total == 30 && $0.subject == .tenant("acme") })
        #expect(all.last?.retries == 1 && all.last?.fraction == 1)
    }

    @Test("a rate limit sets the pace of the copy")
    func rate() async throws {
        try fill(100)
        let rate = RateController(RateLimit(maximumItemsPerSecond: 10, burst: .zero), clock: clock)
        let copier = EventCopier(source: source, target: target, rate: rate, clock: clock)
        #expect(abs(try await copier.copy(tenant: "acme").duration / .seconds(1) - 10) < 0.01)
    }

    @Test("a copy with a limit writes smaller batches; without one they are as large as they may be")
    func batchesUnderLimit() async throws {
        try fill(1_500)
        try await copier(page: 200).copy(tenant: "acme", through: 400)
        #expect(target.offers.map(\.count) == [200, 200])
        let limited = EventCopier(
            source: source,
            target: target,
            configuration: .init(maximumPageEvents: 200, maximumBatchEvents: 200),
            rate: RateController(RateLimit(maximumItemsPerSecond: 10, burst: .zero), clock: clock),
            clock: clock
        )
        try await limited.copy(tenant: "acme")
        #expect(target.offers.dropFirst(2).map(\.count) == Array(repeating: 100, count: 11))
        expectEqualLogs()
    }

    @Test("a store cannot be copied into itself")
    func sameStore() async throws {
        try fill(1)
        await expect(code: .invalidArgument) {
            try await EventCopier(source: source, target: source).copy(tenant: "acme")
        }
    }
}
