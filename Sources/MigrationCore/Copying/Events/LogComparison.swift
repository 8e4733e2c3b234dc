/// Compares the logs of one tenant in two stores by their stored digests.
///
/// Digests are chained, so two logs with the same digest at a position are equal up to it: a first difference is found with a
/// number of reads that grows with the logarithm of the length. What the stores hold is believed here; a verification
/// recomputes it.
struct LogComparison: Sendable {
    let source: any FencedEventStore
    let target: any FencedEventStore
    let tenant: TenantID

    /// The first position at which the logs differ, given that they differ at `position` or before; a log that is too short
    /// differs from its end on.
    func firstDifference(upTo position: Int64) async throws(StoreError) -> Int64 {
        var equal: Int64 = 0
        var different = position
        while different - equal > 1 {
            let middle = equal + (different - equal) / 2
            if try await areEqual(at: middle) { equal = middle } else { different = middle }
        }
        return different
    }

    /// Whether both logs reach a position with the same digest.
    func areEqual(at position: Int64) async throws(StoreError) -> Bool {
        let ours = try await source.checkpoint(tenant: tenant, at: position, epoch: .maintenance)
        let theirs = try await target.checkpoint(tenant: tenant, at: position, epoch: .maintenance)
        return ours != nil && ours == theirs
    }
}
