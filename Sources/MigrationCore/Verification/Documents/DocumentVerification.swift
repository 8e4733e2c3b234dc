/// One verification of one collection.
struct DocumentVerification: Sendable {
    let verifier: ConsistencyVerifier
    let collection: CollectionName
    let source: any DocumentStore
    let target: any DocumentStore

    private var configuration: ConsistencyVerifier.Configuration { verifier.configuration }

    func run(
        resuming checkpoint: DocumentVerificationCheckpoint?,
        onCheckpoint: (@Sendable (DocumentVerificationCheckpoint) async throws(StoreError) -> Void)?
    ) async throws(StoreError) -> DocumentVerificationReport {
        let began = verifier.timeline.now
        var violations = ViolationLog(maximumKept: configuration.maximumViolations)
        guard configuration.level != .count else {
            let (ours, theirs, age) = try await settledCounts()
            if ours != theirs {
                let detail = "\(ours) in the source, \(theirs) in the target"
                violations.add(Violation(.count, on: .target, age: age, detail: detail))
            }
            return report(began, violations, ours: .init(counted: ours), theirs: .init(counted: theirs))
        }

        let countsBefore = try await counts()
        let sourceScan = scan(of: source)
        let targetScan = scan(of: target)
        let (ours, theirs) = try await tables(sourceScan, targetScan, checkpoint, onCheckpoint)
        let countsAfter = try await counts()
        let isWhole = checkpoint == nil
        addCountViolations(&violations, .source, ours, before: countsBefore.0, after: isWhole ? countsAfter.0 : nil)
        addCountViolations(&violations, .target, theirs, before: countsBefore.1, after: isWhole ? countsAfter.1 : nil)

        let search = SuspectSearch(source: sourceScan, target: targetScan)
        let check = SuspectCheck(
            source: source,
            target: target,
            configuration: configuration,
            retrier: verifier.retrier,
            timeline: verifier.timeline
        )
        let unequal = ours.suspects(comparedWith: theirs).map { index in
            (index: index, keys: ours.buckets[index].keys + theirs.buckets[index].keys)
        }
        var wrongRanges: Set<Int> = []
        var unknown: Int64 = 0
        for filter in KeyFilter.plan(unequal, maximum: configuration.maximumSuspects) {
            try StoreError.checkCancellation()
            let result = try await check.check(try await search.suspects(in: filter))
            unknown += result.unknown
            for violation in result.violations {
                violations.add(violation)
                if let key = violation.key { wrongRanges.insert(BucketTable.index(of: NameHash.of(key))) }
            }
        }
        return report(
            began,
            violations,
            ours: .init(ours),
            theirs: .init(theirs),
            ranges: wrongRanges.sorted().map { index in
                .init(
                    index: index,
                    sourceCount: ours.buckets[index].keys,
                    targetCount: theirs.buckets[index].keys,
                    isConsistent: false
                )
            },
            rangeCount: BucketTable.count,
            compared: min(ours.summed, theirs.summed),
            unknown: unknown
        )
    }

    /// Scans both sides at once. The source's scan hands checkpoints out, with the latest snapshot of the target's.
    private func tables(
        _ sourceScan: CollectionScan,
        _ targetScan: CollectionScan,
        _ checkpoint: DocumentVerificationCheckpoint?,
        _ onCheckpoint: (@Sendable (DocumentVerificationCheckpoint) async throws(StoreError) -> Void)?
    ) async throws(StoreError) -> (BucketTable, BucketTable) {
        let start = try checkpoint?.resume(collection, configuration) ?? (ScanProgress(), ScanProgress())
        let targetSnapshot = Locked(start.1)
        let timeline = verifier.timeline
        async let ours = sourceScan.table(from: start.0, timeline: timeline) { progress throws(StoreError) in
            let theirs = targetSnapshot.withLock { $0 }
            try await onCheckpoint?(
                DocumentVerificationCheckpoint(collection, configuration, source: progress, target: theirs)
            )
        }
        async let theirs = targetScan.table(from: start.1, timeline: timeline) { progress throws(StoreError) in
            targetSnapshot.withLock { $0 = progress }
        }
        let both = (await ours, await theirs)
        let (source, target) = (try both.0.get(), try both.1.get())
        try await onCheckpoint?(
            DocumentVerificationCheckpoint(collection, configuration, source: source, target: target)
        )
        return (source.table, target.table)
    }

    private func scan(of store: any DocumentStore) -> CollectionScan {
        CollectionScan(
            store: store,
            collection: collection,
            configuration: configuration,
            retrier: verifier.retrier
        )
    }

    /// A store at rest that counts otherwise than it lists is wrong in itself; so is what has no key.
    private func addCountViolations(
        _ violations: inout ViolationLog,
        _ side: Violation.Side,
        _ table: BucketTable,
        before: Int64,
        after: Int64?
    ) {
        for _ in 0..<table.withoutKey {
            violations.add(Violation(.unreadable, on: side, detail: "without a key"))
        }
        let total = table.total
        guard before == after, before != total.documents, before != total.keys + table.withoutKey else { return }
        violations.add(
            Violation(.count, on: side, detail: "\(before) counted, \(total.documents) listed and readable")
        )
    }

    /// Both counts, once they agree or have had their time.
    private func settledCounts() async throws(StoreError) -> (Int64, Int64, Duration?) {
        let began = verifier.timeline.now
        var current = try await counts()
        var rounds = 0
        while current.0 != current.1, rounds < configuration.settleRounds {
            try await verifier.timeline.sleep(for: configuration.settleDelay)
            current = try await counts()
            rounds += 1
        }
        return (current.0, current.1, rounds > 0 ? verifier.timeline.now - began : nil)
    }

    private func counts() async throws(StoreError) -> (Int64, Int64) {
        let theirs = try await verifier.retrier(repeatsUnknown: true) { () throws(StoreError) in
            try await target.count(collection)
        }
        let ours = try await verifier.retrier(repeatsUnknown: true) { () throws(StoreError) in
            try await source.count(collection)
        }
        return (Int64(ours), Int64(theirs))
    }

    /// What the report says about one side.
    private struct Side {
        var count: Int64
        var digest = HashSum()

        init(counted: Int64) { count = counted }

        init(_ table: BucketTable) {
            let total = table.total
            count = total.keys + table.withoutKey
            digest = total.sum
        }
    }

    private func report(
        _ began: Duration,
        _ violations: ViolationLog,
        ours: Side,
        theirs: Side,
        ranges: [DocumentVerificationReport.RangeResult] = [],
        rangeCount: Int = 0,
        compared: Int64 = 0,
        unknown: Int64 = 0
    ) -> DocumentVerificationReport {
        DocumentVerificationReport(
            collection: collection,
            level: configuration.level,
            samplePercentage: configuration.samplePercentage,
            sourceDocumentCount: ours.count,
            targetDocumentCount: theirs.count,
            sourceDigest: ours.digest,
            targetDigest: theirs.digest,
            rangesVerified: rangeCount,
            rangesConsistent: rangeCount - ranges.count,
            rangeResults: Array(ranges.prefix(configuration.maximumResults)),
            sampleSize: compared,
            violationCount: violations.count,
            violationTotals: violations.totals,
            violations: violations.kept,
            unknownCount: unknown,
            duration: verifier.timeline.now - began
        )
    }
}
