/// The same stretch of positions of two logs.
struct LogWindow: Sendable {
    /// The positions that it covers.
    let positions: ClosedRange<Int64>
    /// What the source holds there, in order; positions may be missing.
    let source: ArraySlice<StoredEvent>
    /// What the target holds there, in order; positions may be missing.
    let target: ArraySlice<StoredEvent>
}

/// Reads both logs window by window, by position and not by any list of the copier.
struct LogWindowReader: Sendable {
    let source: any FencedEventStore
    let target: any FencedEventStore
    let tenant: TenantID
    let retrier: Retrier

    /// The window of up to `size` positions after one, not beyond `goal`; `nil` behind the goal.
    @concurrent
    func window(after position: Int64, size: Int, goal: Int64) async -> Result<LogWindow?, StoreError> {
        guard position < goal else { return .success(nil) }
        let end = min(goal, position + Int64(size))
        let limit = Int(end - position)
        async let ours = page(of: source, after: position, limit: limit)
        async let theirs = page(of: target, after: position, limit: limit)
        let pages = (await ours, await theirs)
        do throws(StoreError) {
            return .success(
                LogWindow(
                    positions: (position + 1)...end,
                    source: try pages.0.get().prefix { $0.position <= end },
                    target: try pages.1.get().prefix { $0.position <= end }
                )
            )
        } catch {
            return .failure(error)
        }
    }

    /// A page of one log, checked to be in order.
    func page(
        of store: any FencedEventStore,
        after position: Int64,
        limit: Int
    ) async -> Result<[StoredEvent], StoreError> {
        do throws(StoreError) {
            let page = try await retrier(repeatsUnknown: true) { () throws(StoreError) in
                try await store.readLog(tenant: tenant, after: position, limit: limit, epoch: .maintenance)
            }
            var last = position
            for event in page {
                guard event.position > last else {
                    throw StoreError(
                        .internalInconsistency,
                        "The store lists position \(event.position) behind \(last); its adapter is broken.",
                        context: .init(store: store.id, tenant: tenant, position: event.position)
                    )
                }
                last = event.position
            }
            return .success(page)
        } catch {
            return .failure(error)
        }
    }
}
