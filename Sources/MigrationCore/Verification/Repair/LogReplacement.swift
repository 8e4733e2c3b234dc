/// Cuts a follower's log off before its first wrong position and puts the first page of what is right in its place.
struct LogReplacement: Sendable {
    let source: any FencedEventStore
    let target: any RepairableEventStore
    let tenant: TenantID
    let retrier: Retrier

    /// Replaces from a position on; returns the epoch that was used.
    func replace(from position: Int64, epoch: Epoch?) async throws(StoreError) -> Epoch {
        // Repeating it is harmless: it ends with the same log, from whichever head it starts.
        try await retrier(repeatsUnknown: true) { () throws(StoreError) in
            let head = try HeadRules.require(
                try await target.head(tenant: tenant, epoch: .maintenance),
                tenant: tenant,
                store: target.id
            )
            guard head.fence.role != .open else {
                throw head.fence.error(.storeIsActive, tenant: tenant, store: target.id)
            }
            let place = try await lastCommonPlace(before: position, end: head.position)
            let capabilities = target.capabilities
            let page = try await source.readLog(
                tenant: tenant,
                after: place.position,
                limit: min(500, capabilities.maximumAppendEvents),
                epoch: .maintenance
            )
            let batch = EventBatches(
                page,
                maximumEvents: capabilities.maximumAppendEvents,
                maximumBytes: min(4 << 20, capabilities.maximumAppendBytes)
            ).first { _ in true }
            let used = epoch ?? head.fence.epoch
            _ = try await target.replaceLog(
                tenant: tenant,
                after: place,
                with: batch?.events ?? [],
                expecting: head.checkpoint,
                epoch: used
            )
            return used
        }
    }

    /// The last place before a position that both logs have, with the same digest.
    private func lastCommonPlace(before position: Int64, end: Int64) async throws(StoreError) -> LogCheckpoint {
        var last = min(position - 1, end)
        let comparison = LogComparison(source: source, target: target, tenant: tenant)
        if last > 0, try await !comparison.areEqual(at: last) {
            last = try await comparison.firstDifference(upTo: last) - 1
        }
        guard let place = try await source.checkpoint(tenant: tenant, at: last, epoch: .maintenance) else {
            throw StoreError(
                .logDiverged,
                "The source has no position \(last), which both logs are said to share; verify again.",
                context: .init(store: source.id, tenant: tenant, position: last)
            )
        }
        return place
    }
}
