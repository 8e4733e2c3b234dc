/// Compares the same stretch of a tenant's log in two stores, by recomputing the chain from the stored bytes of both.
struct PrefixVerification: Sendable {
    let source: any FencedEventStore
    let target: any FencedEventStore
    let tenant: TenantID
    var pageSize = 512

    /// Verifies one page after a place that both logs share.
    ///
    /// - Returns: the place up to which both are now known to be equal.
    /// - Throws: `logDiverged` with the first position that differs, or that contradicts its own digest.
    @concurrent
    func verifyPage(after place: LogCheckpoint, through end: Int64) async throws(StoreError) -> LogCheckpoint {
        let limit = min(pageSize, Int(end - place.position))
        let theirs = try await target.readLog(tenant: tenant, after: place.position, limit: limit, epoch: .maintenance)
        let ours = try await source.readLog(tenant: tenant, after: place.position, limit: limit, epoch: .maintenance)
        var digest = place.digest
        var position = place.position
        for index in 0..<limit {
            position += 1
            guard index < ours.count, index < theirs.count, ours[index].position == position,
                theirs[index].position == position, ours[index] == theirs[index]
            else { throw differs(at: position) }
            digest = theirs[index].chainedDigest(after: digest)
            guard digest == theirs[index].digest else { throw differs(at: position) }
        }
        return LogCheckpoint(position: position, digest: digest)
    }

    private func differs(at position: Int64) -> StoreError {
        StoreError(
            .logDiverged,
            "Source and target differ at position \(position), or contradict their own digest there; verify both, then repair the target.",
            context: .init(store: target.id, tenant: tenant, position: position)
        )
    }
}
