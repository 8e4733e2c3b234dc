public import MigrationCore

extension SQLiteEventStore: RepairableEventStore {
    public func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting expected: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        do throws(StoreError) {
            try EventRules.checkContiguous(events, after: checkpoint)
        } catch {
            throw error.from(id)
        }
        return try await write { [id] (connection) throws(StoreError) in
            var head = try HeadRules.require(
                try HeadRow.read(tenant, on: connection),
                tenant: tenant,
                store: id
            )
            try HeadRules.apply(head.fence.admitsRepair(epoch), to: &head, tenant: tenant, store: id)
            guard head.checkpoint == expected else {
                throw StoreError.unexpectedLog(tenant: tenant, position: head.position)
            }
            let there = try EventRow.digest(at: checkpoint.position, of: tenant, on: connection)
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
            try EventRow.delete(after: checkpoint.position, of: tenant, on: connection)
            try EventRow.insert(events, of: tenant, on: connection)
            try HeadRow.replace(head, of: tenant, on: connection)
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
        return try await write { [id] (connection) throws(StoreError) in
            var head = try HeadRules.require(
                try HeadRow.read(tenant, on: connection),
                tenant: tenant,
                store: id
            )
            if head.fence.role == .open { throw head.fence.error(.storeIsActive, tenant: tenant, store: id) }
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            (head.position, head.digest) = (0, .empty)
            try EventRow.delete(after: 0, of: tenant, on: connection)
            try HeadRow.replace(head, of: tenant, on: connection)
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
