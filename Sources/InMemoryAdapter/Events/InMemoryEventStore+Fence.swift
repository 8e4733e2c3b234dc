public import MigrationCore

extension InMemoryEventStore {
    @discardableResult
    public func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try Refusals.checkCancellation(id)
        return try changeState(waking: tenant) { (state) throws(StoreError) in
            guard var head = state[tenant]?.head else {
                guard fence.epoch != .maintenance else {
                    throw fence.error(.invalidArgument, tenant: tenant, store: id)
                }
                state.prepare(tenant, fence: fence)
                return TenantHead(fence: fence)
            }
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            state[tenant]?.append([], head: head)
            return head
        }
    }

    @discardableResult
    public func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try Refusals.checkCancellation(id)
        return try change(tenant) { (log) throws(StoreError) in
            var head = try HeadRules.require(log?.head, tenant: tenant, store: id)
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            log?.append([], head: head)
            return head
        }
    }
}
