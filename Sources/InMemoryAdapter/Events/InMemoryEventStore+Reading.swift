public import MigrationCore

extension InMemoryEventStore {
    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try id.naming { () throws(StoreError) in
            try EventRules.check(limit: limit)
            try EventRules.check(start: start)
        }
        return try read(tenant, epoch) { $0?.page(of: stream, from: start, limit: limit) ?? [] }
    }

    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try id.naming { () throws(StoreError) in
            try EventRules.check(limit: limit)
            try EventRules.check(position: position)
        }
        return try read(tenant, epoch) { $0?.page(after: position, limit: limit) ?? [] }
    }

    public func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try read(tenant, epoch) { $0?.head }
    }

    public func checkpoint(
        tenant: TenantID,
        at position: Int64,
        epoch: Epoch
    ) async throws(StoreError) -> LogCheckpoint? {
        try id.naming { () throws(StoreError) in try EventRules.check(position: position) }
        return try read(tenant, epoch) { log in
            guard let log else { return position == 0 ? .beginning : nil }
            return log.checkpoint(at: position)
        }
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try read(tenant, epoch) { $0?.version(of: stream) ?? 0 }
    }

    public func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try read(tenant, epoch) { $0?.event(withID: event) != nil }
    }

    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try id.naming { () throws(StoreError) in try EventRules.check(limit: limit) }
        try Refusals.checkCancellation(id)
        return try state.withLock { (state) throws(StoreError) in
            guard !state.isClosed else { throw Refusals.closed(id) }
            return state.tenants(after: tenant, limit: limit)
        }
    }

    public func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError) {
        try id.naming { () throws(StoreError) in try EventRules.check(position: position) }
        try Refusals.checkCancellation(id)
        let fence = try state.withLock { (state) throws(StoreError) in
            guard !state.isClosed else { throw Refusals.closed(id) }
            return state[tenant]?.head.fence
        }
        await state.wait(for: tenant, upTo: patience, on: clock) { state in
            let head = state[tenant]?.head
            return state.isClosed || head?.fence != fence || (head?.position ?? 0) > position
        }
        try Refusals.checkCancellation(id)
    }

    /// Reads one tenant's log, `nil` when it has none, behind its fence.
    private func read<Result: Sendable>(
        _ tenant: TenantID,
        _ epoch: Epoch,
        _ body: (borrowing TenantLog?) -> Result
    ) throws(StoreError) -> Result {
        try Refusals.checkCancellation(id)
        return try state.withLock { (state) throws(StoreError) in
            guard !state.isClosed else { throw Refusals.closed(id) }
            let log = state[tenant]
            if let fence = log?.head.fence, case .refused(let code) = fence.admitsRead(epoch) {
                throw fence.error(code, tenant: tenant, store: id)
            }
            return body(log)
        }
    }
}
