public import MigrationCore

extension SQLiteEventStore {
    /// How often the file is looked at for commits of other processes.
    private static let interval = Duration.milliseconds(50)

    public func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError) {
        var waited = Duration.zero
        var first: TenantHead??
        while true {
            try enter()
            let generation = database.committed.generation
            let head = try await currentHead(tenant)
            if let head, head.position > position { return }
            if let first, first?.fence != head?.fence { return }
            first = .some(head)
            let left = patience - waited
            if left <= .zero { return }
            let pause = min(left, Self.interval)
            await database.committed.wait(since: generation, upTo: pause, clock: clock)
            // Woken early or not: the interval counts, so a busy file may end the wait early, which callers allow for.
            waited += pause
        }
    }

    private func currentHead(_ tenant: TenantID) async throws(StoreError) -> TenantHead? {
        do throws(StoreError) {
            return try await database.readers.readInline { (connection) throws(StoreError) in
                try HeadRow.read(tenant, on: connection)
            }
        } catch {
            throw error.from(id)
        }
    }
}
