internal import MigrationCore

/// What an ``InMemoryEventStore`` keeps under its lock.
struct EventState: Awaitable {
    var isClosed = false
    var waiting = WaitingRoom<TenantID>()
    private var logs: [TenantID: TenantLog] = [:]
    private var ordered: [TenantID] = []

    /// One tenant's log; `nil` until the tenant is prepared.
    ///
    /// Only a log that is there can be changed, and it is changed in place.
    subscript(tenant: TenantID) -> TenantLog? {
        get { logs[tenant] }
        _modify { yield &logs[tenant] }
    }

    /// Makes the log of a tenant that has none.
    mutating func prepare(_ tenant: TenantID, fence: Fence) {
        logs[tenant] = TenantLog(fence: fence)
        ordered.insert(tenant, at: firstIndex(after: tenant))
    }

    /// A page of the tenants in the order of their bytes.
    func tenants(after tenant: TenantID?, limit: Int) -> [TenantID] {
        Array(ordered[(tenant.map(firstIndex(after:)) ?? 0)...].prefix(limit))
    }

    private func firstIndex(after tenant: TenantID) -> Int {
        var low = 0
        var high = ordered.count
        while low < high {
            let middle = (low + high) / 2
            if tenant < ordered[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
