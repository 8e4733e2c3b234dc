import InMemoryAdapter
import MigrationCore
import MigrationTesting
import Testing

@Suite("Faults")
struct FaultTests {
    private let key = DocumentKey(collection: "things", id: "a")

    private func documents(
        _ plan: FaultPlan,
        clock: any Clock<Duration> = ContinuousClock()
    ) async throws
        -> (FaultInjectingDocumentStore, InMemoryDocumentStore)
    {
        let inner = InMemoryDocumentStore()
        try await inner.ensureCollection(CollectionDefinition("things"))
        return (FaultInjectingDocumentStore(inner, failing: plan, clock: clock), inner)
    }

    @Test("a request lost before it is applied throws its code and changes nothing")
    func beforeApply() async throws {
        let (store, inner) = try await documents(.beforeApply(call: 1))
        let error = await #expect(throws: StoreError.self) { try await store.write(["n": 1], to: key) }
        #expect(error?.code == .unavailable)
        #expect(try await inner.read(key) == nil)
        #expect(try await store.write(["n": 1], to: key).isApplied)
    }

    @Test("a reply lost after a write leaves the outcome unknown and the write applied")
    func afterApply() async throws {
        let (store, inner) = try await documents(.afterApply(call: 2))
        #expect(try await store.write(["n": 1], to: key).isApplied)
        guard case .unknown(let error) = try await store.write(["n": 2], to: key) else {
            Issue.record("the outcome is known")
            return
        }
        #expect(error.code == .outcomeUnknown)
        #expect(try await inner.read(key)?.document == ["n": 2])
        #expect(store.injector.struck == [.afterApply])
    }

    @Test("a call that arrives twice is answered as the second")
    func duplicate() async throws {
        let (store, _) = try await documents(.script([1: .duplicate]))
        let outcome = try await store.write(["n": 1], to: key, condition: .insert)
        guard case .rejected(.exists) = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test("a partial batch applies its beginning, and the rest is unknown", arguments: [0, 1, 2, 3])
    func partial(count: Int) async throws {
        let (store, inner) = try await documents(.script([1: .partialBatch(count)]))
        let writes = (0..<3).map {
            DocumentWrite.put(["n": 1], to: DocumentKey(collection: "things", id: DocumentID("\($0)")))
        }
        let outcomes = try await store.writeBatch(writes)
        #expect(outcomes.map(\.isApplied) == (0..<3).map { $0 < count })
        #expect(try await inner.count("things") == count)
    }

    @Test("every fifth call is throttled and says how long to wait")
    func throttle() async throws {
        let (store, _) = try await documents(.throttled(every: 5, retryAfter: .seconds(3)))
        var refused: [Int] = []
        for call in 1...10 {
            do {
                _ = try await store.read(key)
            } catch {
                #expect(error.code == .throttled)
                #expect(error.context.retryAfter == .seconds(3))
                refused.append(call)
            }
        }
        #expect(refused == [5, 10])
    }

    @Test("a delayed call waits on the clock, and can be cancelled there")
    func delay() async throws {
        let clock = ManualClock()
        let (store, inner) = try await documents(.delayed(by: .seconds(60), .writes), clock: clock)
        let key = key
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await store.write(["n": 1], to: key).isApplied }
            try await clock.waitForSleepers(1)
            #expect(try await inner.read(key) == nil)
            clock.advance(by: .seconds(60))
            #expect(try await group.next() == true)
            group.addTask {
                do { return try await store.write(["n": 2], to: key).isApplied } catch { return false }
            }
            try await clock.waitForSleepers(1)
            group.cancelAll()
            #expect(try await group.next() == false)
        }
        #expect(try await inner.read(key)?.document == ["n": 1])
    }

    @Test("a random plan strikes the same calls for the same seed, about as often as asked for")
    func random() async throws {
        func struck(_ seed: UInt64) async throws -> [Fault] {
            let (store, _) = try await documents(.random(seed: seed, percent: 20, of: [.afterApply, .duplicate]))
            for _ in 0..<200 { _ = try? await store.read(key) }
            return store.injector.struck
        }
        let first = try await struck(1)
        #expect(try await struck(1) == first)
        #expect(try await struck(2) != first)
        #expect((20...60).contains(first.count))
    }

    @Test("an append whose reply was lost is found by appending again")
    func lostAppend() async throws {
        let inner = InMemoryEventStore()
        let store = FaultInjectingEventStore(inner, failing: .afterApply(call: 2))
        let epoch = Epoch(number: 1, route: RouteID(high: 1, low: 1))
        try await store.prepare(tenant: "t", fence: Fence(epoch: epoch, role: .open))
        let event = NewEvent(type: "Happened", occurredAt: WallTime(millisecondsSinceEpoch: 1), payload: ["n": 1])
        let parts = [StreamAppend("s", events: [event])]
        let error = await #expect(throws: StoreError.self) { try await store.append(parts, tenant: "t", epoch: epoch) }
        #expect(error?.code == .outcomeUnknown)
        #expect(try await store.append(parts, tenant: "t", epoch: epoch).wasAlreadyThere)
        #expect(try await inner.readLog(tenant: "t", after: 0, limit: 9, epoch: epoch).count == 1)
    }

    @Test("a wrapper without faults keeps every promise of the store inside")
    func transparent() async throws {
        let options = ConformanceOptions(sequences: 20, tasks: 4)
        let documents = DocumentStoreConformance(options: options) { clock in
            FaultInjectingDocumentStore(InMemoryDocumentStore(now: { clock.now }), failing: .none)
        }
        #expect(try await SabotageRun.brokenPromises(of: documents.behaviours).isEmpty)
        let events = EventStoreConformance(options: options) {
            FaultInjectingEventStore(InMemoryEventStore(), failing: .none)
        }
        #expect(try await SabotageRun.brokenPromises(of: events.behaviours).isEmpty)
    }

    @Test("a store that throttles every tenth call breaks promises, and the suites say so")
    func noticed() async throws {
        let suite = EventStoreConformance(options: SabotageRun.options()) {
            FaultInjectingEventStore(SmallEventStore(), failing: .throttled(every: 10))
        }
        let broken = try await SabotageRun.brokenPromises(of: suite.behaviours)
        #expect(!broken.isEmpty)
    }
}
