/// One copy of one tenant's log: prepares the target, finds the place to go on from, and moves pages until the goal is reached.
struct EventCopySession: Sendable {
    let copier: EventCopier
    let tenant: TenantID

    private var source: any FencedEventStore { copier.source }
    private var target: any FencedEventStore { copier.target }

    func run(
        epoch: Epoch?,
        through position: Int64?,
        progress: @escaping @Sendable (CopyProgress) -> Void
    ) async throws(StoreError) -> EventCopyResult {
        let began = copier.timeline.now
        guard source.id != target.id else {
            throw StoreError(.invalidArgument, "Source and target are the same store; a log is copied between two.")
        }
        let retrier = Retrier(
            policy: copier.configuration.retry,
            timeline: copier.timeline,
            random: copier.random,
            rate: copier.rate
        )
        let sourceHead = try await retrier(repeatsUnknown: true) { () throws(StoreError) in
            try HeadRules.require(
                try await source.head(tenant: tenant, epoch: .maintenance),
                tenant: tenant,
                store: source.id
            )
        }
        let goal = position ?? sourceHead.position
        guard goal >= 0, goal <= sourceHead.position else {
            throw StoreError(
                .invalidArgument,
                "The source's log ends at position \(sourceHead.position), so it cannot be copied through \(goal).",
                context: .init(store: source.id, tenant: tenant, position: sourceHead.position)
            )
        }
        let epoch = try await retrier(repeatsUnknown: true) { () throws(StoreError) in
            try await FollowerPreparation(target: target, random: copier.random).prepare(tenant, epoch: epoch)
        }
        let start = try await retrier(repeatsUnknown: true) { () throws(StoreError) in try await resumePoint() }
        let reporter = ProgressReporter(
            .tenant(tenant),
            done: min(start.position, goal),
            total: goal,
            timeline: copier.timeline,
            handler: progress
        )
        var place = start
        var appended: Int64 = 0
        var fruitlessRuns = 0
        while place.position < goal {
            let before = place.position
            var run = EventCopyRun(
                copier: copier,
                tenant: tenant,
                epoch: epoch,
                goal: goal,
                place: place,
                retrier: retrier,
                reporter: reporter
            )
            let end = try await run.movePages()
            appended += run.appended
            place = run.place
            guard end == .targetMoved else { break }
            place = try await retrier(repeatsUnknown: true) { () throws(StoreError) in try await resumePoint() }
            fruitlessRuns = place.position > before ? 0 : fruitlessRuns + 1
            guard fruitlessRuns < 3 else {
                throw StoreError(
                    .unavailable,
                    "The target's head moves back again and again; look for another program that rewrites this tenant's log.",
                    context: .init(store: target.id, tenant: tenant, position: place.position)
                )
            }
        }
        return EventCopyResult(
            tenant: tenant,
            start: start,
            end: place,
            epoch: epoch,
            appended: appended,
            retries: reporter.retries,
            duration: copier.timeline.now - began
        )
    }

    /// The target's head, once it has been compared with the source.
    private func resumePoint() async throws(StoreError) -> LogCheckpoint {
        let head = try HeadRules.require(
            try await target.head(tenant: tenant, epoch: .maintenance),
            tenant: tenant,
            store: target.id
        )
        let place = try await source.checkpoint(tenant: tenant, at: head.position, epoch: .maintenance)
        if place == head.checkpoint { return head.checkpoint }
        let comparison = LogComparison(source: source, target: target, tenant: tenant)
        let first = try await comparison.firstDifference(upTo: head.position)
        let isAhead = try await source.checkpoint(tenant: tenant, at: first, epoch: .maintenance) == nil
        let message =
            isAhead
            ? "The target goes on to position \(head.position) where the source has ended; the source may have lost events. Verify both."
            : "The target holds another log from position \(first) on; verify both, then repair or purge the target."
        throw StoreError(
            .logDiverged,
            message,
            context: .init(store: target.id, tenant: tenant, position: first)
        )
    }
}
