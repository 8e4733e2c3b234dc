import InMemoryAdapter
import Testing

@testable import MigrationCore

@Suite("Verifying and repairing collections")
struct DocumentVerificationTests {
    private let source = HookedDocumentStore(InMemoryDocumentStore(id: "source"))
    private let target = HookedDocumentStore(InMemoryDocumentStore(id: "target"))
    private let clock = TestClock()

    private func fill(_ count: Int) async throws {
        try await Things.fill(source.base, 0..<count)
        // In another order, so that nothing can rest on the order of a scan.
        try await target.ensureCollection(CollectionDefinition("things"))
        for index in (0..<count).reversed() { try target.base.seed(Things.document(index), at: Things.key(index)) }
    }

    private func verify(
        _ level: ConsistencyVerifier.Level = .full,
        change: (inout ConsistencyVerifier.Configuration) -> Void = { _ in }
    ) async throws -> DocumentVerificationReport {
        var configuration = ConsistencyVerifier.Configuration(level: level, maximumPageItems: 10)
        change(&configuration)
        return try await ConsistencyVerifier(configuration: configuration, clock: clock)
            .verifyDocuments(in: "things", source: source, target: target)
    }

    private func found(_ report: DocumentVerificationReport) -> Set<String> {
        Set(report.violations.map { "\($0.kind) \($0.side.rawValue) \($0.key?.id.text ?? "-")" })
    }

    @Test(
        "equal collections are consistent at every level, in whatever order they are listed",
        arguments: [0, 1, 9, 10, 11, 300],
        [ConsistencyVerifier.Level.count, .digest, .full]
    )
    func equal(count: Int, level: ConsistencyVerifier.Level) async throws {
        try await fill(count)
        let report = try await verify(level)
        #expect(report.isConsistent && report.exitCode == 0, "\(report)")
        #expect(report.sourceDocumentCount == Int64(count) && report.targetDocumentCount == Int64(count))
        #expect(report.sourceDigest == report.targetDigest)
        #expect(report.sampleSize == (level == .count ? 0 : Int64(count)))
        #expect(report.rangesConsistent == report.rangesVerified)
    }

    private func damage() async throws {
        _ = try await target.base.delete(Things.key(7))
        try target.base.seed(["n": 23, "name": "altered"], at: Things.key(23))
        try target.base.seed(["n": "extra"], at: Things.key(1_000))
    }

    @Test(
        "a missing, an altered and an extra document are named exactly",
        arguments: [ConsistencyVerifier.Level.digest, .full]
    )
    func threeDamages(level: ConsistencyVerifier.Level) async throws {
        try await fill(300)
        try await damage()
        let report = try await verify(level)
        let altering = level == .full ? "content" : "digest"
        #expect(
            found(report) == [
                "missing target thing-7", "\(altering) target thing-23", "extra target thing-1000",
            ]
        )
        #expect(report.violationCount == 3 && report.exitCode == 1)
        #expect(report.sourceDigest != report.targetDigest)
        #expect(report.rangesConsistent == report.rangesVerified - report.rangeResults.count)
        if level == .full { #expect(report.violations.contains { $0.detail == "name" }) }
        #expect(!report.description.contains("thing-7"))
    }

    @Test("numbers of documents that differ show at the level count")
    func countLevel() async throws {
        try await fill(30)
        _ = try await target.base.delete(Things.key(7))
        let report = try await verify(.count)
        #expect(report.violationTotals == [.count: 1] && report.sourceDocumentCount == 30)
    }

    @Test("a difference that is still on its way is not reported")
    func onTheirWay() async throws {
        try await fill(100)
        try await damage()
        let source = source
        target.set(reads: [
            2: .meanwhile { target throws(StoreError) in
                try target.seed(Things.document(7), at: Things.key(7))
                try target.seed(Things.document(23), at: Things.key(23))
                _ = try await target.delete(Things.key(1_000))
                try source.base.seed(["n": "both"], at: Things.key(50))
                try target.seed(["n": "both"], at: Things.key(50))
            }
        ])
        #expect(try await verify().isConsistent)
    }

    @Test("a difference that lasts is reported with its age")
    func age() async throws {
        try await fill(100)
        try await damage()
        let report = try await verify()
        #expect(report.violations.count == 3 && report.violations.allSatisfy { $0.age == .milliseconds(1_500) })
    }

    @Test("what cannot be read for a passing reason is unknown, not different")
    func unknown() async throws {
        try await fill(100)
        try await damage()
        let gone = HookedDocumentStore.Fault.before(StoreError(.unavailable, "Gone."))
        target.set(reads: Dictionary(uniqueKeysWithValues: (1...1_000).map { ($0, gone) }))
        let report = try await verify { $0.retry = .never }
        #expect(report.violationCount == 0 && report.unknownCount == 3)
        #expect(!report.isConsistent && report.exitCode == 2)
    }

    @Test("what does not parse is a violation of its own, on its own side")
    func unreadable() async throws {
        try await fill(100)
        source.damage(Things.key(1))
        target.damage(Things.key(2))
        source.damage(Things.key(3))
        target.damage(Things.key(3))
        let report = try await verify()
        #expect(
            found(report) == [
                "unreadable source thing-1", "unreadable target thing-2", "unreadable source thing-3",
            ]
        )
        #expect(report.sourceDocumentCount == 100 && report.targetDocumentCount == 100)
    }

    @Test("a store that counts otherwise than it lists is a violation")
    func miscount() async throws {
        try await fill(30)
        target.miscount(by: 2)
        let report = try await verify()
        #expect(report.violations.map(\.kind) == [.count] && report.violations.map(\.side) == [.target])
    }

    @Test("any number of differences is found with bounded memory", arguments: [1, 3, 50])
    func bounded(maximumSuspects: Int) async throws {
        try await fill(200)
        for index in 0..<120 { try target.base.seed(["n": "altered"], at: Things.key(index)) }
        let report = try await verify {
            $0.maximumSuspects = maximumSuspects
            $0.maximumViolations = 10
            $0.settleRounds = 0
        }
        #expect(report.violationCount == 120 && report.violations.count == 10)
    }

    @Test("field order and numbers count as the options say")
    func options() async throws {
        try await fill(10)
        try target.base.seed(["name": "Thing 3", "n": 3], at: Things.key(3))
        try target.base.seed(["n": 4.0, "name": "Thing 4"], at: Things.key(4))
        #expect(found(try await verify()) == ["content target thing-3", "content target thing-4"])
        let report = try await verify { $0.digest = DigestOptions(fieldOrder: .ignored, numbers: .byValue) }
        #expect(report.isConsistent)
    }

    @Test("keys are compared by type: an id of text and one of a number are two documents")
    func typedKeys() async throws {
        try await fill(0)
        try source.base.seed(["a": 1], at: DocumentKey(collection: "things", id: "7"))
        try target.base.seed(["a": 1], at: DocumentKey(collection: "things", id: 7))
        let report = try await verify()
        #expect(report.violationTotals == [.missing: 1, .extra: 1])
    }

    @Test("a sample compares a part and still misses no document")
    func sample() async throws {
        try await fill(400)
        for index in 0..<400 { try target.base.seed(["n": "altered"], at: Things.key(index)) }
        _ = try await target.base.delete(Things.key(5))
        let report = try await verify {
            $0.samplePercentage = 25
            $0.settleRounds = 0
        }
        #expect((50...150).contains(report.sampleSize))
        #expect(found(report).contains("missing target thing-5"))
        #expect((50...152).contains(report.violationCount))
    }

    @Test("repairing brings exactly the named documents into line")
    func repair() async throws {
        try await fill(300)
        try await damage()
        target.damage(Things.key(40))
        let report = try await verify()
        let bystander = try #require(target.base.document(at: Things.key(60)))
        let result = try await Repair(clock: clock).repairDocuments(report, source: source, target: target)
        #expect(result.isComplete && result.repaired == 4, "\(result)")
        #expect(try await verify().isConsistent)
        #expect(Things.contents(target.base) == Things.contents(source.base))
        #expect(target.base.document(at: Things.key(60)) == bystander)
    }

    @Test("a repair writes what the source holds now, not what the report saw")
    func repairFollowsSource() async throws {
        try await fill(50)
        try await damage()
        let report = try await verify()
        try source.base.seed(["n": "newer"], at: Things.key(23))
        try target.base.seed(Things.document(7), at: Things.key(7))
        let result = try await Repair(clock: clock).repairDocuments(report, source: source, target: target)
        #expect(result.repaired == 2 && result.alreadyRight == 1)
        #expect(target.base.document(at: Things.key(23))?.document == ["n": "newer"])
    }

    @Test("a repair leaves the source alone and says what is left over")
    func repairSource() async throws {
        try await fill(50)
        source.damage(Things.key(9))
        let report = try await verify()
        let result = try await Repair(clock: clock).repairDocuments(report, source: source, target: target)
        #expect(!result.isComplete && result.leftOver.map(\.key) == [Things.key(9)])
        #expect(target.base.document(at: Things.key(9))?.document == Things.document(9))
    }

    @Test("hash ranges are shared out so that no scan collects more keys than fit", arguments: [1, 10, 1_000])
    func plan(maximum: Int) {
        let buckets = (0..<50).map { (index: $0, keys: Int64($0 == 7 ? 5_000 : $0)) }
        let filters = KeyFilter.plan(buckets, maximum: maximum)
        let keys = (0..<100_000).map { NameHash.mix($0) }
        for hash in keys where BucketTable.index(of: hash) < 50 {
            #expect(filters.count { $0.contains(hash) } == 1)
        }
    }

    @Test("sums of sets do not depend on order and carry over all bits")
    func sums() {
        let leaves = (0..<1_000).map { HashSum(Things.key($0), Things.document($0).canonicalDigest()) }
        var forwards = HashSum()
        var backwards = HashSum()
        for leaf in leaves { forwards += leaf }
        for leaf in leaves.reversed() { backwards += leaf }
        #expect(forwards == backwards && forwards.description.count == 64)
        var twice = forwards
        twice += leaves[0]
        #expect(twice != forwards)
    }
}
