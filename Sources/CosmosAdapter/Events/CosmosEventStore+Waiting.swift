public import MigrationCore

extension CosmosEventStore {
    public func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError) {
        let timeline = environment.timeline
        let start = timeline.now
        var first: TenantHead??
        while true {
            // The ticket comes before the look, so that a commit in between is not missed.
            let isOver = try await changes.withTicket(for: tenant) { (ticket) async throws(StoreError) -> Bool in
                let head = try await currentHead(tenant)
                if let head, head.position > position { return true }
                if let first, first?.fence != head?.fence { return true }
                first = .some(head)
                let left = patience - (timeline.now - start)
                if left <= .zero { return true }
                await changes.wait(ticket, upTo: min(left, options.pollingInterval), on: timeline)
                return false
            }
            if isOver { return }
        }
    }

    private func currentHead(_ tenant: TenantID) async throws(StoreError) -> TenantHead? {
        try await door.enter { () async throws(StoreError) -> TenantHead? in try await logs.head(tenant)?.head }
    }
}
