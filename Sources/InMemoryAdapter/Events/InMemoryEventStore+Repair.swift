public import MigrationCore

extension InMemoryEventStore {
    public func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting head: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        try Refusals.checkCancellation(id)
        try id.naming { () throws(StoreError) in try EventRules.checkContiguous(events, after: checkpoint) }
        return try change(tenant) { (log) throws(StoreError) in
            var new = try HeadRules.require(log?.head, tenant: tenant, store: id)
            try HeadRules.apply(new.fence.admitsRepair(epoch), to: &new, tenant: tenant, store: id)
            guard new.checkpoint == head else { throw diverged(at: head.position, tenant: tenant) }
            guard var changed = log, changed.checkpoint(at: checkpoint.position) == checkpoint else {
                throw diverged(at: checkpoint.position, tenant: tenant)
            }
            new.position = checkpoint.position
            new.digest = checkpoint.digest
            for event in events {
                new.position = event.position
                new.digest = event.chainedDigest(after: new.digest)
                guard new.digest == event.digest else { throw diverged(at: event.position, tenant: tenant) }
            }
            changed.truncate(after: checkpoint.position)
            try changed.checkPlaces(of: events, tenant: tenant, store: id)
            changed.append(events, head: new)
            log = changed
            return new
        }
    }

    @discardableResult
    public func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try Refusals.checkCancellation(id)
        return try change(tenant) { (log) throws(StoreError) in
            var head = try HeadRules.require(log?.head, tenant: tenant, store: id)
            guard fence.role != .open else {
                throw StoreError(
                    .invalidArgument,
                    "A purged store cannot be the active one; purge under a fence that is a follower's or closed.",
                    context: .init(store: id, tenant: tenant, fence: head.fence)
                )
            }
            if head.fence.role == .open { throw head.fence.error(.storeIsActive, tenant: tenant, store: id) }
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            log?.purge(fence: head.fence)
            return TenantHead(fence: head.fence)
        }
    }

    private func diverged(at position: Int64, tenant: TenantID) -> StoreError {
        StoreError(
            .logDiverged,
            "The log is not as expected at position \(position); verify it again and repair what the new report names.",
            context: .init(store: id, tenant: tenant, position: position)
        )
    }
}
