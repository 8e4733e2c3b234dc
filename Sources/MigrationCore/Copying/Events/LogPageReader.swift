/// Reads pages of the source's log and refuses what is not the log: a hole, or an end before the goal.
struct LogPageReader: Sendable {
    let source: any FencedEventStore
    let tenant: TenantID
    let goal: Int64
    let retrier: Retrier
    let reporter: ProgressReporter

    /// A page that follows `place`; empty only at the goal.
    @concurrent
    func page(after place: LogCheckpoint, limit: Int) async -> Result<[StoredEvent], StoreError> {
        guard place.position < goal else { return .success([]) }
        let count = Int(min(Int64(limit), goal - place.position))
        do throws(StoreError) {
            let page = try await retrier(repeatsUnknown: true, onRetry: { _ in reporter.retry() }) {
                () throws(StoreError) in
                try await source.readLog(tenant: tenant, after: place.position, limit: count, epoch: .maintenance)
            }
            guard !page.isEmpty else { throw hole(at: place.position + 1) }
            for (index, event) in page.enumerated() where event.position != place.position + 1 + Int64(index) {
                throw hole(at: place.position + 1 + Int64(index))
            }
            return .success(page)
        } catch {
            return .failure(error)
        }
    }

    private func hole(at position: Int64) -> StoreError {
        StoreError(
            .corrupt,
            "The source's log has no event at position \(position), before its head; verify the source and restore it first.",
            context: .init(store: source.id, tenant: tenant, position: position)
        )
    }
}
