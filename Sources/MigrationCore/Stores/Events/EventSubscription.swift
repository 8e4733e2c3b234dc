/// The events of a tenant from a checkpoint on: first those that are there, then those that come, as they are asked for.
///
/// Iterate it with `for try await`. The next page is read only when the events of the page before have been taken, so a slow
/// consumer holds at most one page. It ends by throwing: `cancelled` when its task is cancelled, `fenced` when the tenant has
/// moved and there is no router in between, `logDiverged` when the checkpoint is not a place of this log.
///
/// Delivery is at least once: keep ``StoredEvent/checkpoint`` of the last event that was handled, and begin there again.
public struct EventSubscription: AsyncSequence, Sendable {
    public typealias Element = StoredEvent
    public typealias Failure = StoreError

    private let source: any EventSubscriptionSource
    private let tenant: TenantID
    private let start: LogCheckpoint
    private let pageSize: Int
    private let patience: Duration

    /// Makes a subscription; event stores call this.
    ///
    /// - Parameters:
    ///   - source: where the events come from.
    ///   - tenant: whose events.
    ///   - checkpoint: the last place that the subscriber has handled.
    ///   - pageSize: the most events that are read at once, at least 1.
    ///   - patience: how long one wait for new events lasts before the store is asked again.
    public init(
        source: any EventSubscriptionSource,
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        pageSize: Int,
        patience: Duration = .seconds(1)
    ) {
        self.source = source
        self.tenant = tenant
        self.start = checkpoint
        self.pageSize = pageSize
        self.patience = patience
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(source: source, tenant: tenant, last: start, pageSize: pageSize, patience: patience)
    }

    /// Reads the subscription event by event.
    public struct Iterator: AsyncIteratorProtocol {
        let source: any EventSubscriptionSource
        let tenant: TenantID
        var last: LogCheckpoint
        let pageSize: Int
        let patience: Duration
        private var page: ArraySlice<StoredEvent> = []
        private var isVerified = false

        init(
            source: any EventSubscriptionSource,
            tenant: TenantID,
            last: LogCheckpoint,
            pageSize: Int,
            patience: Duration
        ) {
            self.source = source
            self.tenant = tenant
            self.last = last
            self.pageSize = pageSize
            self.patience = patience
        }

        public mutating func next() async throws(StoreError) -> StoredEvent? {
            try await next(isolation: #isolation)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(StoreError) -> StoredEvent? {
            guard pageSize >= 1 else {
                throw StoreError(.invalidArgument, "A subscription needs a page size of at least 1, not \(pageSize).")
            }
            while page.isEmpty {
                guard !Task.isCancelled else {
                    throw StoreError(
                        .cancelled,
                        "The subscription's task was cancelled.",
                        context: .init(tenant: tenant)
                    )
                }
                if !isVerified { try await verifyStart() }
                page = try await source.events(after: last, limit: pageSize)[...]
                if page.isEmpty { try await source.wait(after: last.position, upTo: patience) }
            }
            let event = page.removeFirst()
            guard event.position == last.position + 1 else {
                throw diverged("position \(event.position) follows position \(last.position)")
            }
            last = event.checkpoint
            return event
        }

        private mutating func verifyStart() async throws(StoreError) {
            guard last.position > 0 || last != .beginning else {
                isVerified = true
                return
            }
            guard let checkpoint = try await source.checkpoint(at: last.position) else {
                throw diverged("the log is shorter than the checkpoint")
            }
            guard checkpoint == last else { throw diverged("the log has another digest at the checkpoint") }
            isVerified = true
        }

        private func diverged(_ reason: String) -> StoreError {
            StoreError(
                .logDiverged,
                "The subscription cannot go on: \(reason). Verify both logs, then begin again from a place that they share.",
                context: .init(tenant: tenant, position: last.position)
            )
        }
    }
}

@available(*, unavailable)
extension EventSubscription.Iterator: Sendable {}

/// Where a subscription reads: one tenant's log in one store, or behind a router.
public protocol EventSubscriptionSource: Sendable {
    /// At most `limit` events after a place, in order.
    ///
    /// A source that has moved to another store since the last call checks the digest there first, and throws `logDiverged`
    /// when it differs.
    func events(after checkpoint: LogCheckpoint, limit: Int) async throws(StoreError) -> [StoredEvent]
    /// The place at a position; `nil` when the log is shorter.
    func checkpoint(at position: Int64) async throws(StoreError) -> LogCheckpoint?
    /// Returns when there may be events after a position, or after `patience`.
    func wait(after position: Int64, upTo patience: Duration) async throws(StoreError)
}

/// One tenant's log in one store under a fixed epoch.
struct FencedSubscriptionSource: EventSubscriptionSource {
    let store: any FencedEventStore
    let tenant: TenantID
    let epoch: Epoch

    func events(after checkpoint: LogCheckpoint, limit: Int) async throws(StoreError) -> [StoredEvent] {
        try await store.readLog(tenant: tenant, after: checkpoint.position, limit: limit, epoch: epoch)
    }

    func checkpoint(at position: Int64) async throws(StoreError) -> LogCheckpoint? {
        try await store.checkpoint(tenant: tenant, at: position, epoch: epoch)
    }

    func wait(after position: Int64, upTo patience: Duration) async throws(StoreError) {
        try await store.waitForEvents(tenant: tenant, after: position, upTo: patience)
    }
}

extension StoredEvent {
    /// The place right after this event.
    public var checkpoint: LogCheckpoint { LogCheckpoint(position: position, digest: digest) }
}
