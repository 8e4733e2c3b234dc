import MigrationCore
import Testing

/// A tenant's log as two dictionaries: enough to ask the plan what it decides.
private struct Log {
    static let tenant: TenantID = "acme"
    static let store: StoreID = "store"
    static let epoch = Epoch(number: 3, route: RouteID(high: 1, low: 2))
    static let limits = EventStoreCapabilities(
        maximumEventBytes: 1_000,
        maximumAppendEvents: 10,
        maximumAppendBytes: 2_000,
        durability: .process
    )

    var head: TenantHead? = TenantHead(fence: Fence(epoch: epoch, role: .open))
    var events: [StoredEvent] = []

    func decide(_ parts: [StreamAppend], epoch: Epoch = epoch) throws(StoreError) -> AppendPlan {
        try AppendPlan.decide(
            parts,
            head: head,
            tenant: Self.tenant,
            epoch: epoch,
            store: Self.store,
            now: WallTime(millisecondsSinceEpoch: 99),
            capabilities: Self.limits,
            version: { stream throws(StoreError) in events.last { $0.stream == stream }?.version ?? 0 },
            existing: { id throws(StoreError) in events.first { $0.id == id } }
        )
    }

    mutating func append(_ parts: [StreamAppend]) throws(StoreError) -> AppendResult {
        switch try decide(parts) {
        case .append(let new, let head, let result):
            events += new
            self.head = head
            return result
        case .alreadyThere(let head, let result):
            self.head = head
            return result
        }
    }

    func offer(_ offered: [StoredEvent], after checkpoint: LogCheckpoint) throws(StoreError) -> OfferPlan {
        try OfferPlan.decide(
            offered,
            after: checkpoint,
            head: head,
            tenant: Self.tenant,
            epoch: Self.epoch,
            store: Self.store,
            capabilities: Self.limits,
            digest: { position throws(StoreError) in events[Int(position) - 1].digest }
        )
    }

    var follower: Log { Log(head: TenantHead(fence: Fence(epoch: Log.epoch, role: .follower))) }
}

private func event(_ number: UInt64, payload: Document = ["n": 1]) -> NewEvent {
    NewEvent(
        id: EventID(high: 0, low: number),
        type: "Happened",
        occurredAt: WallTime(millisecondsSinceEpoch: 1),
        payload: payload
    )
}

@Suite("An append plan")
struct AppendPlanTests {
    @Test("gives positions and versions without gaps, and chains them")
    func places() throws {
        var log = Log()
        let first = try log.append([
            StreamAppend("a", events: [event(1), event(2)]), StreamAppend("b", events: [event(3)]),
        ])
        #expect(first.positions == 1...3)
        #expect(first.versions == [2, 1])
        let second = try log.append([StreamAppend("a", expected: .exact(2), events: [event(4)])])
        #expect(second.positions == 4...4)
        var digest = LogDigest.empty
        for event in log.events {
            digest = event.chainedDigest(after: digest)
            #expect(event.digest == digest)
        }
        #expect(log.head?.digest == digest)
        #expect(log.head?.position == 4)
    }

    @Test(
        "honours the expected version",
        arguments: [
            (ExpectedVersion.any, true), (.exists, true), (.exact(1), true), (.noStream, false), (.exact(0), false),
            (.exact(2), false),
        ]
    )
    func expected(version: ExpectedVersion, isApplied: Bool) throws {
        var log = Log()
        _ = try log.append([StreamAppend("a", events: [event(1)])])
        let parts = [StreamAppend("a", expected: version, events: [event(2)])]
        if isApplied {
            #expect(try log.append(parts).versions == [2])
        } else {
            let error = #expect(throws: StoreError.self) { try log.decide(parts) }
            #expect(error?.code == .versionConflict)
            #expect(error?.context.actualVersion == 1)
        }
    }

    @Test("a second part of the same stream sees the first")
    func sameStreamTwice() throws {
        var log = Log()
        let result = try log.append([
            StreamAppend("a", expected: .noStream, events: [event(1)]),
            StreamAppend("a", expected: .exact(1), events: [event(2)]),
        ])
        #expect(result.versions == [1, 2])
    }

    @Test("returns the original result for the same events, whatever was appended since")
    func idempotent() throws {
        var log = Log()
        let parts = [StreamAppend("a", expected: .noStream, events: [event(1), event(2)])]
        let original = try log.append(parts)
        _ = try log.append([StreamAppend("a", events: [event(3)])])
        let again = try log.append(parts)
        #expect(again.wasAlreadyThere)
        #expect(again.positions == original.positions)
        #expect(again.versions == original.versions)
        #expect(again.digest == original.digest)
        #expect(log.events.count == 3)
    }

    @Test("tells the same id elsewhere from the same id with other content")
    func reusedIDs() throws {
        var log = Log()
        _ = try log.append([StreamAppend("a", events: [event(1)])])
        let cases: [([StreamAppend], StoreError.Code)] = [
            ([StreamAppend("b", events: [event(1)])], .duplicateEvent),
            ([StreamAppend("a", events: [event(1, payload: ["n": 2])])], .conflictingEvent),
            ([StreamAppend("a", events: [event(1), event(2)])], .duplicateEvent),
            ([StreamAppend("a", events: [event(2), event(1)])], .duplicateEvent),
        ]
        for (parts, code) in cases {
            let error = #expect(throws: StoreError.self) { try log.decide(parts) }
            #expect(error?.code == code)
        }
    }

    @Test("texts that look alike and have other bytes are other content")
    func canonicalEquivalence() throws {
        var log = Log()
        var composed = event(1)
        composed.actor = "caf\u{E9}"
        var decomposed = composed
        decomposed.actor = "cafe\u{301}"
        _ = try log.append([StreamAppend("a", events: [composed])])
        let error = #expect(throws: StoreError.self) { try log.decide([StreamAppend("a", events: [decomposed])]) }
        #expect(error?.code == .conflictingEvent)
    }

    @Test("refuses a tenant without a head, a fenced epoch, and events over the limits")
    func refusals() {
        let small = [StreamAppend("a", events: [event(1)])]
        let large = [
            StreamAppend("a", events: [event(1, payload: ["t": .string(String(repeating: "x", count: 1_000))])])
        ]
        let many = [
            StreamAppend(
                "a",
                events: (1...9).map { event($0, payload: ["t": .string(String(repeating: "x", count: 200))]) }
            )
        ]
        let cases: [(Log, [StreamAppend], Epoch, StoreError.Code)] = [
            (Log(head: nil), small, Log.epoch, .tenantNotPrepared),
            (Log(), small, Epoch(number: 2, route: Log.epoch.route), .fenced),
            (Log().follower, small, Log.epoch, .fenced),
            (Log(), large, Log.epoch, .eventTooLarge),
            (Log(), many, Log.epoch, .eventTooLarge),
            (
                Log(head: TenantHead(fence: Fence(epoch: Log.epoch, role: .open), digestVersion: 2)), small, Log.epoch,
                .newerSchema
            ),
        ]
        for (log, parts, epoch, code) in cases {
            let error = #expect(throws: StoreError.self) { try log.decide(parts, epoch: epoch) }
            #expect(error?.code == code)
        }
    }

    @Test("a record time is set once: by the event, else by the store")
    func recordedAt() throws {
        var log = Log()
        var stamped = event(1)
        stamped.recordedAt = WallTime(millisecondsSinceEpoch: 5)
        _ = try log.append([StreamAppend("a", events: [stamped, event(2)])])
        #expect(log.events.map(\.recordedAt.millisecondsSinceEpoch) == [5, 99])
    }
}

@Suite("An offer plan")
struct OfferPlanTests {
    private static func source(count: UInt64) throws -> Log {
        var log = Log()
        for number in 1...count { _ = try log.append([StreamAppend("a", events: [event(number)])]) }
        return log
    }

    @Test("takes what is missing, whatever part of it is there already", arguments: 0...4)
    func overlap(there: Int) throws {
        let source = try Self.source(count: 4)
        var target = source.follower
        target.events = Array(source.events.prefix(there))
        if let last = target.events.last {
            target.head?.position = last.position
            target.head?.digest = last.digest
        }
        switch try target.offer(source.events, after: .beginning) {
        case .append(let missing, let head):
            #expect(missing.map(\.position) == Array(Int64(there) + 1...4))
            #expect(head.checkpoint == source.head?.checkpoint)
        case .alreadyThere(let head):
            #expect(there == 4)
            #expect(head.checkpoint == source.head?.checkpoint)
        case .behind: Issue.record("the log is not behind its beginning")
        }
    }

    @Test("leaves a gap to the copier")
    func gap() throws {
        let source = try Self.source(count: 4)
        let plan = try source.follower.offer(Array(source.events.suffix(2)), after: source.events[1].checkpoint)
        guard case .behind(let head) = plan else {
            Issue.record("an offer behind a gap must not be taken")
            return
        }
        #expect(head.position == 0)
    }

    @Test("stops at another digest: at the head, inside the log, at the checkpoint, or in the offered event")
    func diverged() throws {
        let source = try Self.source(count: 3)
        var other = Log()
        for number in 1...3 {
            _ = try other.append([StreamAppend("a", events: [event(UInt64(number), payload: ["n": 7])])])
        }
        var target = other.follower
        target.events = Array(other.events.prefix(2))
        target.head?.position = 2
        target.head?.digest = other.events[1].digest

        let error = #expect(throws: StoreError.self) { try target.offer(source.events, after: .beginning) }
        #expect(error?.code == .logDiverged)
        #expect(error?.context.position == 2)
        let atHead = #expect(throws: StoreError.self) {
            try target.offer([source.events[2]], after: source.events[1].checkpoint)
        }
        #expect(atHead?.code == .logDiverged)
        let inside = #expect(throws: StoreError.self) { try target.offer([source.events[0]], after: .beginning) }
        #expect(inside?.code == .logDiverged)
        #expect(inside?.context.position == 1)
        let forged = source.events[0].with(digest: source.events[1].digest)
        let inEvent = #expect(throws: StoreError.self) { try source.follower.offer([forged], after: .beginning) }
        #expect(inEvent?.code == .logDiverged)
    }
}
