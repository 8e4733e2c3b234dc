internal import CutoverBlockingLanes
internal import DequeModule
internal import MigrationCore

/// The group commit: works of one tenant that wait together are committed in one transaction, tenants beside each other.
///
/// While a transaction of a tenant runs, its callers gather; everything that has gathered becomes the next transaction, with one
/// wait for the majority. Each caller gets its own result.
final class AppendQueue: Sendable {
    /// How many works one transaction takes at most, and how many bytes of events: MongoDB bounds both time and size of one.
    private static let maximumGroupCount = 256
    private static let maximumGroupBytes = 8 << 20

    private let connection: MongoConnection
    private let database: String
    private let inbox = Locked(Inbox())
    /// Told the tenant after each commit.
    private let committed: @Sendable (TenantID) -> Void

    private struct Inbox {
        var tenants: [TenantID: Deque<Item>] = [:]
        var isClosed = false
    }

    /// A work with what the transaction looks up for it beforehand.
    struct Item: Sendable {
        let work: any PendingWork<EventTransaction>
        var ids: [EventID] = []
        var bytes = 0
        /// A work that removes events, whose failure would take others with it.
        var runsAlone = false
    }

    init(
        connection: MongoConnection,
        database: String,
        committed: @escaping @Sendable (TenantID) -> Void
    ) {
        self.connection = connection
        self.database = database
        self.committed = committed
    }

    /// Runs a work in a transaction on a tenant's log, alone or with others, and returns once it is committed.
    func run<Value: Sendable>(
        _ tenant: TenantID,
        ids: [EventID] = [],
        bytes: Int = 0,
        runsAlone: Bool = false,
        _ body: @escaping @Sendable (EventTransaction) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let work = GroupedWork<EventTransaction, Value>(cancellation: .cancelledCall, body: body)
        return try await work.result { work in
            enqueue(Item(work: work, ids: ids, bytes: bytes, runsAlone: runsAlone), for: tenant)
        }
    }

    /// Refuses works from now on; those that wait are still committed.
    func close() { inbox.withLock { $0.isClosed = true } }

    private func enqueue(_ item: Item, for tenant: TenantID) {
        let (isClosed, schedule) = inbox.withLock { inbox in
            if inbox.isClosed { return (true, false) }
            // A tenant with an entry is being committed, and comes back for what arrives meanwhile.
            let isIdle = inbox.tenants[tenant] == nil
            inbox.tenants[tenant, default: []].append(item)
            return (false, isIdle)
        }
        if isClosed { item.work.fail(with: .closedStore) }
        if schedule { self.schedule(tenant) }
    }

    private func schedule(_ tenant: TenantID) {
        let accepted = connection.lanes.submit { client in
            switch client {
            case .success(let client): self.commitGroup(of: tenant, on: client)
            case .failure(let error): self.failAll(of: tenant, with: error)
            }
        }
        if !accepted { failAll(of: tenant, with: .closedStore) }
    }

    private func failAll(of tenant: TenantID, with error: StoreError) {
        let items = inbox.withLock { $0.tenants.removeValue(forKey: tenant) ?? [] }
        for item in items { item.work.fail(with: error) }
    }

    /// On a lane: takes what waits, commits it, answers it, and comes back for what has arrived meanwhile.
    private func commitGroup(of tenant: TenantID, on client: MongoClient) {
        let items = inbox.withLock { inbox -> [Item] in
            var taken: [Item] = []
            var bytes = 0
            while let item = inbox.tenants[tenant]?.first, taken.count < Self.maximumGroupCount {
                let fits = taken.isEmpty || !item.runsAlone && bytes + item.bytes <= Self.maximumGroupBytes
                guard fits else { break }
                _ = inbox.tenants[tenant]?.removeFirst()
                taken.append(item)
                bytes += item.bytes
                if item.runsAlone { break }
            }
            return taken
        }
        commit(items.filter { $0.work.begin() }, of: tenant, on: client)
        let isOver = inbox.withLock { inbox in
            guard inbox.tenants[tenant]?.isEmpty != false else { return false }
            inbox.tenants[tenant] = nil
            return true
        }
        if !isOver { schedule(tenant) }
    }

    private func commit(_ items: [Item], of tenant: TenantID, on client: MongoClient) {
        guard !items.isEmpty else { return }
        let ids = items.flatMap(\.ids)
        do throws(StoreError) {
            try client.transaction(budget: connection.configuration.transactionBudget) {
                (session) throws(StoreError) in
                let transaction = try EventTransaction(
                    on: client,
                    session: session,
                    database: database,
                    tenant: tenant,
                    expectedIDs: ids
                )
                for item in items {
                    guard let error = item.work.run(in: transaction) else { continue }
                    // The server has ended the transaction, or holds what this work has begun: nothing of it may stay.
                    if error.mongoFailure != nil || transaction.hasWritten { throw error }
                }
                try transaction.flush()
                if Mutant.acknowledgedBeforeCommit.isOn { for item in items { item.work.finish() } }
            }
            for item in items { item.work.finish() }
            committed(tenant)
        } catch {
            if items.count == 1 || !error.mayBeOfOneWork {
                for item in items { item.work.fail(with: error) }
            } else {
                for item in items { commit([item], of: tenant, on: client) }
            }
        }
    }
}

extension StoreError {
    /// Whether the error may be that of a single work of a group, so that the others are worth another attempt.
    fileprivate var mayBeOfOneWork: Bool {
        switch category {
        case .caller, .conflict, .data, .routing: true
        case .transient, .authorization, .indeterminate: false
        }
    }
}
