public import MigrationCore

extension SQLiteEventStore {
    @discardableResult
    public func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await write { [id] (connection) throws(StoreError) in
            guard var head = try HeadRow.read(tenant, on: connection) else {
                if fence.epoch == .maintenance { throw fence.error(.invalidArgument, tenant: tenant, store: id) }
                let head = TenantHead(fence: fence)
                try HeadRow.create(head, of: tenant, on: connection)
                return head
            }
            let before = head
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            if head != before { try HeadRow.replace(head, of: tenant, on: connection) }
            return head
        }
    }

    @discardableResult
    public func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try await write { [id] (connection) throws(StoreError) in
            var head = try HeadRules.require(
                try HeadRow.read(tenant, on: connection),
                tenant: tenant,
                store: id
            )
            let before = head
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            if head != before { try HeadRow.replace(head, of: tenant, on: connection) }
            return head
        }
    }

    public func append(
        _ parts: [StreamAppend],
        tenant: TenantID,
        epoch: Epoch
    ) async throws(StoreError) -> AppendResult {
        do throws(StoreError) {
            try EventRules.check(parts, capabilities: capabilities)
        } catch {
            throw error.from(id)
        }
        // Taken once, so that a work that runs a second time records the same time.
        let time = now()
        return try await write { [id, capabilities] (connection) throws(StoreError) in
            let before = try HeadRow.read(tenant, on: connection)
            let plan = try AppendPlan.decide(
                parts,
                head: before,
                tenant: tenant,
                epoch: epoch,
                store: id,
                now: time,
                capabilities: capabilities,
                version: { (stream) throws(StoreError) in
                    try EventRow.version(of: stream, tenant: tenant, on: connection)
                },
                existing: { (event) throws(StoreError) in
                    try EventRow.event(event, of: tenant, on: connection)
                }
            )
            switch plan {
            case .append(let events, let head, let result):
                try EventRow.insert(events, of: tenant, on: connection)
                try HeadRow.replace(head, of: tenant, on: connection)
                return result
            case .alreadyThere(let head, let result):
                if head != before { try HeadRow.replace(head, of: tenant, on: connection) }
                return result
            }
        }
    }

    public func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        do throws(StoreError) {
            try EventRules.check(offered: events, after: checkpoint, capabilities: capabilities)
        } catch {
            throw error.from(id)
        }
        return try await write { [id, capabilities] (connection) throws(StoreError) in
            let before = try HeadRow.read(tenant, on: connection)
            let plan = try OfferPlan.decide(
                events,
                after: checkpoint,
                head: before,
                tenant: tenant,
                epoch: epoch,
                store: id,
                capabilities: capabilities,
                digest: { (position) throws(StoreError) in
                    guard let digest = try EventRow.digest(at: position, of: tenant, on: connection) else {
                        throw StoreError.missingEvent(tenant: tenant, position: position)
                    }
                    return digest
                }
            )
            switch plan {
            case .append(let missing, let head):
                try EventRow.insert(missing, of: tenant, on: connection)
                try HeadRow.replace(head, of: tenant, on: connection)
                return .applied(head, appended: missing.count)
            case .alreadyThere(let head):
                if head != before { try HeadRow.replace(head, of: tenant, on: connection) }
                return .applied(head, appended: 0)
            case .behind(let head):
                if head != before { try HeadRow.replace(head, of: tenant, on: connection) }
                return .behind(head)
            }
        }
    }
}

extension StoreError {
    static func missingEvent(tenant: TenantID, position: Int64) -> StoreError {
        StoreError(
            .logDiverged,
            "The log lacks an event that its head counts; verify the log and repair it.",
            context: .init(tenant: tenant, position: position)
        )
    }
}
