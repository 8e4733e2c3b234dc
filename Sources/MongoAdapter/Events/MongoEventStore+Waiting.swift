public import MigrationCore

extension MongoEventStore {
    /// How often the server is asked for commits of other processes.
    private static let interval = Duration.milliseconds(50)

    public func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError) {
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
                await changes.wait(ticket, upTo: min(left, Self.interval), on: timeline)
                return false
            }
            if isOver { return }
        }
    }

    private func currentHead(_ tenant: TenantID) async throws(StoreError) -> TenantHead? {
        try await named { () async throws(StoreError) -> TenantHead? in
            let database = database
            return try await connection.lanes.run { (client) throws(StoreError) in
                try client.head(of: tenant, in: database)
            }
        }
    }
}
