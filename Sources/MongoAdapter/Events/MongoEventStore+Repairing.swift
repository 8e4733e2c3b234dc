public import MigrationCore

extension MongoEventStore: RepairableEventStore {
    public func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting expected: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        try check { () throws(StoreError) in try EventRules.checkContiguous(events, after: checkpoint) }
        return try await write(tenant, runsAlone: true) { [id] (transaction) throws(StoreError) in
            var head = try HeadRules.require(transaction.head, tenant: tenant, store: id)
            try HeadRules.apply(head.fence.admitsRepair(epoch), to: &head, tenant: tenant, store: id)
            guard head.checkpoint == expected else {
                throw StoreError.unexpectedLog(tenant: tenant, position: head.position)
            }
            let there = try transaction.digest(at: checkpoint.position)
            guard checkpoint.position <= head.position, there == checkpoint.digest else {
                throw StoreError.unexpectedLog(tenant: tenant, position: checkpoint.position)
            }
            (head.position, head.digest) = (checkpoint.position, checkpoint.digest)
            for event in events {
                head.digest = event.chainedDigest(after: head.digest)
                head.position = event.position
                guard head.digest == event.digest else {
                    throw StoreError.unexpectedLog(tenant: tenant, position: event.position)
                }
            }
            try transaction.removeEvents(after: checkpoint.position)
            transaction.add(events)
            transaction.replaceHead(head)
            return head
        }
    }

    @discardableResult
    public func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        guard fence.role != .open else {
            throw StoreError(
                .invalidArgument,
                "A purged log stays fenced; purge it under a fence whose role is follower or closed.",
                context: .init(store: id, tenant: tenant)
            )
        }
        return try await write(tenant, runsAlone: true) { [id] (transaction) throws(StoreError) in
            var head = try HeadRules.require(transaction.head, tenant: tenant, store: id)
            if head.fence.role == .open { throw head.fence.error(.storeIsActive, tenant: tenant, store: id) }
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            (head.position, head.digest) = (0, .empty)
            try transaction.removeEvents(after: 0)
            transaction.replaceHead(head)
            return head
        }
    }
}

extension StoreError {
    fileprivate static func unexpectedLog(tenant: TenantID, position: Int64) -> StoreError {
        StoreError(
            .logDiverged,
            "The log is not what the repair expects at position \(position); verify it again and repair what that finds.",
            context: .init(tenant: tenant, position: position)
        )
    }
}
