/// One verification of one tenant's logs.
struct EventVerification: Sendable {
    let verifier: ConsistencyVerifier
    let tenant: TenantID
    let source: any FencedEventStore
    let target: any FencedEventStore

    private var configuration: ConsistencyVerifier.Configuration { verifier.configuration }

    func run(
        through position: Int64?,
        resuming checkpoint: EventVerificationCheckpoint?,
        onCheckpoint: (@Sendable (EventVerificationCheckpoint) async throws(StoreError) -> Void)?
    ) async throws(StoreError) -> EventVerificationReport {
        let began = verifier.timeline.now
        let start = try await start(through: position, resuming: checkpoint)
        let goal = start.goal
        let sourceHead = start.comparator.source.head
        let targetHead = start.comparator.target.head

        // The first pass finds what is wrong. When there are more streams than fit into memory, further passes count the
        // rest of them.
        var first = start.comparator
        try await compareLogs(&first, after: start.position, goal: goal, onCheckpoint: onCheckpoint)
        let looksBehind = position == nil || goal == sourceHead.position
        if looksBehind { try await lookBehindHeads(&first, goal: goal) }
        var (streams, consistent) = first.streams.totals
        var results = first.streams.results(limit: configuration.maximumResults)
        var classes = first.streams.left
        first.releaseStreams()
        while let hashClass = classes.popLast() {
            var pass = comparator(sourceHead, targetHead, first.settled, hashClass)
            try await compareLogs(&pass, after: 0, goal: goal, onCheckpoint: nil)
            if looksBehind { try await lookBehindHeads(&pass, goal: goal) }
            classes.append(contentsOf: pass.streams.left)
            let totals = pass.streams.totals
            streams += totals.streams
            consistent += totals.consistent
            results = Self.merged(results, pass.streams.results(limit: configuration.maximumResults))
            results = Array(results.prefix(configuration.maximumResults))
        }
        return EventVerificationReport(
            tenant: tenant,
            level: configuration.level,
            samplePercentage: configuration.samplePercentage,
            sourceHead: sourceHead,
            targetHead: targetHead,
            verifiedThrough: goal,
            sourceEventCount: first.source.count,
            targetEventCount: first.target.count,
            streamsVerified: streams,
            streamsConsistent: consistent,
            streamResults: results,
            sampleSize: first.compared,
            violationCount: first.violations.count,
            violationTotals: first.violations.totals,
            violations: first.violations.kept,
            unknownCount: 0,
            duration: verifier.timeline.now - began
        )
    }

    /// Where the comparison begins: at the beginning, or where an earlier one was.
    private func start(
        through position: Int64?,
        resuming checkpoint: EventVerificationCheckpoint?
    ) async throws(StoreError) -> (comparator: LogComparator, position: Int64, goal: Int64) {
        if let checkpoint {
            let (comparator, goal) = try checkpoint.resume(tenant, configuration)
            return (comparator, checkpoint.position, goal)
        }
        let sourceHead = try await HeadRules.require(head(of: source), tenant: tenant, store: source.id).checkpoint
        let goal = position ?? sourceHead.position
        guard goal >= 0, goal <= sourceHead.position else {
            throw StoreError(
                .invalidArgument,
                "The source's log ends at position \(sourceHead.position), so it cannot be verified through \(goal).",
                context: .init(store: source.id, tenant: tenant, position: sourceHead.position)
            )
        }
        let (targetHead, settled) = try await settledTargetHead(goal: goal)
        return (comparator(sourceHead, targetHead, settled, .all), 0, goal)
    }

    private func comparator(
        _ sourceHead: LogCheckpoint,
        _ targetHead: LogCheckpoint,
        _ settled: Duration,
        _ hashClass: StreamTable.HashClass
    ) -> LogComparator {
        LogComparator(
            level: configuration.level,
            sample: configuration.sample,
            source: .init(head: sourceHead, chain: ChainCheck(after: .empty)),
            target: .init(head: targetHead, chain: ChainCheck(after: .empty)),
            streams: StreamTable(hashClass, maximumStreams: configuration.maximumStreamsPerPass),
            violations: ViolationLog(maximumKept: configuration.maximumViolations),
            settled: settled
        )
    }

    /// Goes through both logs, reading one window ahead.
    private func compareLogs(
        _ comparator: inout LogComparator,
        after position: Int64,
        goal: Int64,
        onCheckpoint: (@Sendable (EventVerificationCheckpoint) async throws(StoreError) -> Void)?
    ) async throws(StoreError) {
        var lastCheckpoint = verifier.timeline.now
        let reader = LogWindowReader(source: source, target: target, tenant: tenant, retrier: verifier.retrier)
        var sizer = PageSizer(
            maximumItems: configuration.maximumPageItems,
            maximumBytes: configuration.maximumPageBytes
        )
        var next = try await reader.window(after: position, size: sizer.limit, goal: goal).get()
        while let window = next {
            try StoreError.checkCancellation()
            sizer.record(
                items: window.source.count + window.target.count,
                bytes: (window.source + window.target).reduce(0) { $0 + $1.canonicalByteCount }
            )
            let size = sizer.limit
            async let ahead = reader.window(after: window.positions.upperBound, size: size, goal: goal)
            comparator.compare(window)
            if !comparator.displaced.isEmpty { try await resolveDisplaced(&comparator) }
            let reached = window.positions.upperBound
            if verifier.timeline.now - lastCheckpoint >= configuration.checkpointInterval || reached == goal {
                lastCheckpoint = verifier.timeline.now
                try await onCheckpoint?(
                    EventVerificationCheckpoint(
                        comparator,
                        tenant: tenant,
                        configuration: configuration,
                        position: reached,
                        goal: goal
                    )
                )
            }
            next = try await ahead.get()
        }
    }

    /// Finds out whether events that stand where the source has others are somewhere else in the source.
    private func resolveDisplaced(_ comparator: inout LogComparator) async throws(StoreError) {
        var known: Set<EventID> = []
        for (_, event) in comparator.displaced {
            let isInSource = try await verifier.retrier(repeatsUnknown: true) { () throws(StoreError) in
                try await source.contains(event.id, tenant: tenant, epoch: .maintenance)
            }
            if isInSource { known.insert(event.id) }
        }
        comparator.resolveDisplaced { known.contains($0) }
    }

    /// Looks for rows that stand behind the end of either log, where no log looks.
    private func lookBehindHeads(_ comparator: inout LogComparator, goal: Int64) async throws(StoreError) {
        let reader = LogWindowReader(source: source, target: target, tenant: tenant, retrier: verifier.retrier)
        for side in [Violation.Side.source, .target] {
            let store = side == .source ? source : target
            var position = goal
            while true {
                let page = try await reader.page(of: store, after: position, limit: configuration.maximumPageItems)
                    .get()
                guard let last = page.last else { break }
                // Read after the page: what the source has acknowledged by now is no row too many on either side.
                let end = max(goal, try await head(of: source)?.position ?? 0)
                for event in page where event.position > end { comparator.foundBeyondEnd(event, on: side) }
                position = max(last.position, end)
            }
        }
    }

    /// The target's head, once it has reached the goal or stands still.
    private func settledTargetHead(goal: Int64) async throws(StoreError) -> (LogCheckpoint, Duration) {
        let began = verifier.timeline.now
        var head = try await targetHead()
        var rounds = 0
        while head.position < goal, rounds < configuration.settleRounds {
            try await verifier.timeline.sleep(for: configuration.settleDelay)
            let next = try await targetHead()
            rounds = next.position > head.position ? 0 : rounds + 1
            head = next
        }
        return (head, verifier.timeline.now - began)
    }

    private func targetHead() async throws(StoreError) -> LogCheckpoint {
        guard let head = try await head(of: target) else { return .beginning }
        return try HeadRules.require(head, tenant: tenant, store: target.id).checkpoint
    }

    private func head(of store: any FencedEventStore) async throws(StoreError) -> TenantHead? {
        try await verifier.retrier(repeatsUnknown: true) { () throws(StoreError) in
            try await store.head(tenant: tenant, epoch: .maintenance)
        }
    }

    /// Both lists in one: what is not consistent first.
    private static func merged(_ a: [StreamResult], _ b: [StreamResult]) -> [StreamResult] {
        (a + b).filter { !$0.isConsistent } + (a + b).filter(\.isConsistent)
    }
}
