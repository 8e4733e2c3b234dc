internal import CutoverBlockingLanes
internal import DequeModule
internal import MigrationCore

/// The group commit: works of one tenant that wait together are committed in one step, tenants beside each other.
///
/// While a step of a tenant runs, its callers gather; everything that has gathered and fits becomes the next step. The caller
/// whose work finds the tenant idle starts it; the steps go on in a task of their own as long as there are works.
final class AppendQueue: Sendable {
    private struct Inbox {
        var tenants: [TenantID: Deque<Item>] = [:]
    }

    /// A work with what is looked up for it beforehand.
    struct Item: Sendable {
        let work: any PendingWork<LogStep>
        var needs = LogStep.Needs()
        var events = 0
        var bytes = 0
        /// A work that removes events.
        var runsAlone = false
    }

    private let inbox = Locked(Inbox())
    private let maximumEvents: Int
    private let maximumBytes: Int
    /// Commits works together and answers each of them.
    private let commit: @Sendable ([Item], TenantID) async -> Void

    init(maximumEvents: Int, maximumBytes: Int, commit: @escaping @Sendable ([Item], TenantID) async -> Void) {
        self.maximumEvents = maximumEvents
        self.maximumBytes = maximumBytes
        self.commit = commit
    }

    /// Runs a work in a step on a tenant's log, alone or with others, and returns once it is committed.
    func run<Value: Sendable>(
        _ tenant: TenantID,
        needs: LogStep.Needs,
        events: Int,
        bytes: Int,
        runsAlone: Bool,
        _ body: @escaping @Sendable (LogStep) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let cancellation = StoreError(
            .cancelled,
            "The calling task was cancelled before the store began; nothing was applied."
        )
        let work = GroupedWork<LogStep, Value>(cancellation: cancellation, body: body)
        let item = Item(work: work, needs: needs, events: events, bytes: bytes, runsAlone: runsAlone)
        return try await work.result { _ in enqueue(item, for: tenant) }
    }

    private func enqueue(_ item: Item, for tenant: TenantID) {
        let isIdle = inbox.withLock { inbox in
            // A tenant with an entry is being committed, and comes back for what arrives meanwhile.
            let isIdle = inbox.tenants[tenant] == nil
            inbox.tenants[tenant, default: []].append(item)
            return isIdle
        }
        // Not a child of the caller's task: its works may be others', and cancelling it must not end them. The callers
        // wait for it inside the store's door, so it never outlives the store.
        if isIdle { Task { await self.drain(tenant) } }
    }

    private func drain(_ tenant: TenantID) async {
        while let items = take(tenant) {
            let begun = items.filter { $0.work.begin() }
            if !begun.isEmpty { await commit(begun, tenant) }
        }
    }

    /// What waits and fits; nil, and the tenant idle, when nothing waits.
    private func take(_ tenant: TenantID) -> [Item]? {
        inbox.withLock { inbox in
            var taken: [Item] = []
            var (events, bytes) = (0, 0)
            while let item = inbox.tenants[tenant]?.first {
                let fits =
                    taken.isEmpty
                    || !item.runsAlone && events + item.events <= maximumEvents && bytes + item.bytes <= maximumBytes
                guard fits else { break }
                _ = inbox.tenants[tenant]?.removeFirst()
                taken.append(item)
                (events, bytes) = (events + item.events, bytes + item.bytes)
                if item.runsAlone { break }
            }
            if taken.isEmpty { inbox.tenants[tenant] = nil }
            return taken.isEmpty ? nil : taken
        }
    }
}
