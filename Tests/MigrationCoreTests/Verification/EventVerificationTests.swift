import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Verifying and repairing event logs")
struct EventVerificationTests {
    private let source = HookedEventStore(InMemoryEventStore(id: "source"))
    private let target = HookedEventStore(InMemoryEventStore(id: "target"))
    private let clock = TestClock()

    /// A copied log of events that alternate between three streams.
    private func fill(_ count: Int, copied: Int? = nil) async throws {
        for index in 0..<count {
            let event = NewEvent(type: "counted", occurredAt: .now(), payload: ["n": .int64(Int64(index))])
            try source.base.seed([event], to: EventLogs.streams[index % 3], tenant: "acme")
        }
        if count == 0 { try await source.prepare(tenant: "acme", fence: Fence(epoch: .unrouted, role: .open)) }
        let through = copied.map { Int64($0) }
        try await EventCopier(source: source, target: target).copy(tenant: "acme", through: through)
    }

    private func verify(
        _ level: ConsistencyVerifier.Level = .full,
        change: (inout ConsistencyVerifier.Configuration) -> Void = { _ in }
    ) async throws -> EventVerificationReport {
        var configuration = ConsistencyVerifier.Configuration(level: level, maximumPageItems: 10)
        change(&configuration)
        return try await ConsistencyVerifier(configuration: configuration, clock: clock)
            .verifyEvents(of: "acme", source: source, target: target)
    }

    private func found(_ report: EventVerificationReport) -> [String] {
        report.violations.map { "\($0.kind) \($0.side.rawValue) \($0.position ?? 0)" }
    }

    private func event(_ position: Int64, of store: HookedEventStore) -> StoredEvent {
        store.base.events(of: "acme")[Int(position) - 1]
    }

    @Test(
        "equal logs are consistent at every level",
        arguments: [0, 1, 9, 10, 11, 45],
        [ConsistencyVerifier.Level.count, .digest, .full]
    )
    func equal(count: Int, level: ConsistencyVerifier.Level) async throws {
        try await fill(count)
        let report = try await verify(level)
        #expect(report.isConsistent && report.passes() && report.exitCode == 0, "\(report)")
        #expect(report.sourceEventCount == Int64(count) && report.targetEventCount == Int64(count))
        #expect(report.streamsVerified == Int64(min(count, 3)) && report.streamsConsistent == report.streamsVerified)
        #expect(report.sampleSize == (level == .count ? 0 : Int64(count)))
        #expect(report.sourceHead == report.targetHead)
    }

    @Test(
        "a missing, an altered and an extra event are named exactly",
        arguments: [ConsistencyVerifier.Level.digest, .full]
    )
    func threeDamages(level: ConsistencyVerifier.Level) async throws {
        try await fill(45)
        let altered = StoredEvent(event(23, of: target), payload: ["n": "altered"])
        let extra = StoredEvent(event(45, of: target), payload: ["n": "extra"], position: 46, version: 16)
        target.damage("acme") {
            $0.removed = [7]
            $0.replaced[23] = altered
            $0.extra = [extra]
        }
        let report = try await verify(level)
        let altering = level == .full ? "content" : "digest"
        #expect(found(report) == ["missing target 7", "\(altering) target 23", "extra target 46"], "\(report)")
        #expect(report.violationCount == 3 && report.exitCode == 1)
        #expect(report.sourceEventCount == 45 && report.targetEventCount == 45)
        if level == .full { #expect(report.violations[1].detail == "payload") }
    }

    @Test("at the level count, what is missing and extra is found without hashing")
    func countLevel() async throws {
        try await fill(30)
        let extra = StoredEvent(event(30, of: target), payload: ["n": "extra"], position: 40)
        target.damage("acme") {
            $0.removed = [1, 30]
            $0.extra = [extra]
        }
        let report = try await verify(.count)
        #expect(found(report) == ["missing target 1", "missing target 30", "extra target 40"])
        #expect(report.sampleSize == 0)
    }

    @Test("each single damage is one violation, wherever it is", arguments: [1, 10, 11, 24, 30])
    func everyPosition(at position: Int64) async throws {
        try await fill(30)
        let original = event(position, of: target)
        let fields: [(StoredEvent, String)] = [
            (StoredEvent(original, payload: ["n": "altered"]), "content target \(position)"),
            (original.with(digest: LogDigest(bytes: [UInt8](repeating: 9, count: 32))!), "digest target \(position)"),
            (StoredEvent(original, payload: original.payload, version: 99), "version target \(position)"),
        ]
        for (damaged, expected) in fields {
            target.damage("acme") { $0.replaced = [position: damaged] }
            #expect(found(try await verify()) == [expected])
        }
        target.damage("acme") { $0 = .init(removed: [position]) }
        #expect(found(try await verify()) == ["missing target \(position)"])
    }

    @Test("damage in the source is the source's", arguments: [1, 15, 30])
    func sourceDamage(at position: Int64) async throws {
        try await fill(30)
        let altered = StoredEvent(event(position, of: source), payload: ["n": "altered"])
        source.damage("acme") { $0.replaced = [position: altered] }
        #expect(found(try await verify()) == ["digest source \(position)"])
        source.damage("acme") { $0 = .init(removed: [position]) }
        #expect(found(try await verify()) == ["missing source \(position)"])
    }

    @Test("the same damage on both sides is still damage")
    func bothDamaged() async throws {
        try await fill(30)
        let altered = StoredEvent(event(15, of: source), payload: ["n": "altered"])
        source.damage("acme") { $0.replaced = [15: altered] }
        target.damage("acme") { $0.replaced = [15: altered] }
        #expect(found(try await verify()) == ["digest source 15", "digest target 15"])
        source.damage("acme") { $0 = .init(removed: [15]) }
        target.damage("acme") { $0 = .init(removed: [15]) }
        #expect(found(try await verify()) == ["missing source 15", "missing target 15"])
    }

    @Test("events that changed places are a violation of order, although every stream has all of its events")
    func order() async throws {
        try await fill(30)
        let (a, b) = (event(12, of: target), event(13, of: target))
        let (movedA, movedB) = (
            StoredEvent(a, payload: a.payload, position: 13), StoredEvent(b, payload: b.payload, position: 12)
        )
        target.damage("acme") { $0.replaced = [12: movedB, 13: movedA] }
        let report = try await verify()
        #expect(found(report) == ["order target 12", "order target 13"])
    }

    @Test("a target that stays behind misses what it lacks, with the time that it was given")
    func behind() async throws {
        try await fill(30, copied: 27)
        let report = try await verify()
        #expect(found(report) == ["missing target 28", "missing target 29", "missing target 30"])
        #expect(report.violations.allSatisfy { ($0.age ?? .zero) >= .milliseconds(1_500) })
    }

    @Test("events that are still on their way are waited for and not reported")
    func onTheirWay() async throws {
        try await fill(30, copied: 27)
        let slow = ArrivesOnHead(target, source: source)
        let report = try await ConsistencyVerifier(clock: clock)
            .verifyEvents(of: "acme", source: source, target: slow)
        #expect(report.isConsistent, "\(report)")
    }

    @Test("what is appended and mirrored during the verification is not looked at")
    func liveAppends() async throws {
        try await fill(30)
        let (source, target) = (source, target)
        source.set(reads: [
            2: .meanwhile { base throws(StoreError) in
                for _ in 0..<5 {
                    try base.seed([NewEvent(type: "t", occurredAt: .now(), payload: [:])], to: "a", tenant: "acme")
                }
                try await EventCopier(source: base, target: target).copy(tenant: "acme")
            }
        ])
        let report = try await verify()
        #expect(report.isConsistent && report.verifiedThrough == 30, "\(report)")
        #expect(source.base.eventCount(of: "acme") == 35)
    }

    @Test("a tenant that the target does not know misses everything; one that the source does not know is an error")
    func unknownTenant() async throws {
        for index in 0..<12 {
            let event = NewEvent(type: "t", occurredAt: .now(), payload: ["n": .int64(Int64(index))])
            try source.base.seed([event], to: "a", tenant: "acme")
        }
        let report = try await verify()
        #expect(report.violationTotals == [.missing: 12] && report.targetHead == .beginning)
        await expect(code: .tenantNotPrepared) {
            try await ConsistencyVerifier().verifyEvents(of: "nobody", source: source, target: target)
        }
    }

    @Test("violations are kept within bounds and counted without")
    func bounded() async throws {
        try await fill(100)
        target.damage("acme") { $0.removed = Set(11...90) }
        let report = try await verify { $0.maximumViolations = 5 }
        #expect(report.violations.count == 5 && report.violationCount == 80)
        #expect(report.violationTotals == [.missing: 80])
        #expect(report.description.contains("80 missing"))
    }

    @Test("streams that do not fit into memory are counted in further passes, exactly", arguments: [1, 2, 7, 64])
    func manyStreams(maximum: Int) async throws {
        for index in 0..<120 {
            let stream = try StreamID("stream-\(index % 60)")
            let event = NewEvent(type: "t", occurredAt: .now(), payload: ["n": .int64(Int64(index))])
            try source.base.seed([event], to: stream, tenant: "acme")
        }
        try await EventCopier(source: source, target: target).copy(tenant: "acme")
        target.damage("acme") { $0.removed = [5, 65, 17] }
        let report = try await verify { $0.maximumStreamsPerPass = maximum }
        #expect(report.streamsVerified == 60 && report.streamsConsistent == 58)
        #expect(report.violationCount == 3 && report.sampleSize == 120)
        let wrong = report.streamResults.filter { !$0.isConsistent }
        #expect(Set(wrong.map(\.stream)) == ["stream-4", "stream-16"])
        #expect(wrong.first { $0.stream == "stream-4" }?.targetCount == 0)
        #expect(report.streamResults.count == 60)
    }

    @Test("a sample looks at whole streams, the same ones again, and counts the others")
    func sample() async throws {
        for index in 0..<400 {
            let event = NewEvent(type: "t", occurredAt: .now(), payload: ["n": .int64(Int64(index))])
            try source.base.seed([event], to: try StreamID("stream-\(index % 100)"), tenant: "acme")
        }
        try await EventCopier(source: source, target: target).copy(tenant: "acme")
        let report = try await verify { $0.samplePercentage = 25 }
        #expect((40...160).contains(report.sampleSize) && report.sampleSize % 4 == 0)
        #expect(try await verify { $0.samplePercentage = 25 }.sampleSize == report.sampleSize)
        #expect(report.streamsVerified == 100 && report.targetEventCount == 400)
        #expect(report.passes(minimumSample: 40) && !report.passes(minimumSample: 400))
    }

    @Test("a passing error during the verification is waited out")
    func hiccups() async throws {
        try await fill(50)
        let error = StoreError(.throttled, "Slow down.", context: .init(retryAfter: .seconds(3)))
        source.set(reads: [2: .before(error)])
        target.set(reads: [3: .before(error)])
        #expect(try await verify().isConsistent)
    }

    @Test("repairing replaces the log from the first wrong position, and then nothing is wrong")
    func repair() async throws {
        try await fill(45)
        let altered = StoredEvent(event(23, of: target), payload: ["n": "altered"])
        let extra = StoredEvent(event(45, of: target), payload: ["n": "extra"], position: 46, version: 16)
        target.damage("acme") {
            $0.removed = [17]
            $0.replaced[23] = altered
            $0.extra = [extra]
        }
        let before = target.base.events(of: "acme").prefix(16)
        let result = try await Repair(clock: clock)
            .repairEvents(try await verify(), source: source, target: target)
        #expect(result.isComplete && result.repaired == 3)
        #expect(try await verify().isConsistent)
        #expect(target.base.events(of: "acme").prefix(16) == before)
        #expect(target.base.events(of: "acme") == source.base.events(of: "acme"))
    }

    @Test("a row behind the end is taken away and nothing else is touched")
    func repairExtra() async throws {
        try await fill(20)
        let extra = StoredEvent(event(20, of: target), payload: ["n": "extra"], position: 25)
        target.damage("acme") { $0.extra = [extra] }
        try await Repair(clock: clock).repairEvents(try await verify(), source: source, target: target)
        #expect(try await verify().isConsistent)
        #expect(target.base.eventCount(of: "acme") == 20)
    }

    @Test("an active store is not repaired, and a damaged source is not copied from")
    func repairRefused() async throws {
        try await fill(20)
        target.damage("acme") { $0.removed = [5] }
        let report = try await verify()
        let fence = Fence(epoch: Epoch(number: 9, route: RouteID(high: 1, low: 1)), role: .open)
        try await target.raiseFence(tenant: "acme", to: fence)
        await expect(code: .storeIsActive) {
            try await Repair(clock: clock).repairEvents(report, source: source, target: target)
        }
        source.damage("acme") { $0.removed = [9] }
        let damaged = try await verify()
        let error = await expect(code: .corrupt) {
            try await Repair(clock: clock).repairEvents(damaged, source: source, target: target)
        }
        #expect(error?.context.position == 9)
        #expect(target.base.eventCount(of: "acme") == 20)
    }

    @Test("a log that branched off is repaired from the branch")
    func repairBranch() async throws {
        try await fill(10)
        let epoch = Epoch(number: 3, route: RouteID(high: 3, low: 3))
        let log = source.base.events(of: "acme")
        var digest = log[5].digest
        let branch = log[6...].map { event in
            let other = StoredEvent(event, payload: ["n": "other"])
            digest = other.chainedDigest(after: digest)
            return other.with(digest: digest)
        }
        _ = try await target.base.replaceLog(
            tenant: "acme",
            after: log[5].checkpoint,
            with: branch,
            expecting: log[9].checkpoint,
            epoch: epoch
        )
        let report = try await verify()
        #expect(found(report) == (7...10).map { "content target \($0)" })
        try await Repair(clock: clock).repairEvents(report, source: source, target: target)
        #expect(try await verify().isConsistent)
    }
}

/// Brings the target up to the source after its head was asked for twice: a mirror that is a little late.
private final class ArrivesOnHead: ForwardingEventStore {
    let base: HookedEventStore
    let source: HookedEventStore
    private let asked = Locked(0)

    init(_ base: HookedEventStore, source: HookedEventStore) {
        self.base = base
        self.source = source
    }

    func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        let count = asked.withLock { count in
            count += 1
            return count
        }
        if count == 3 { try await EventCopier(source: source, target: base).copy(tenant: tenant) }
        return try await base.head(tenant: tenant, epoch: epoch)
    }
}
