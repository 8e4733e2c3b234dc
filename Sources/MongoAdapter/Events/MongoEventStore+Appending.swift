public import MigrationCore

extension MongoEventStore {
    @discardableResult
    public func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        // Without a head nothing is appended. So whoever makes one sees to the indexes that stand behind the log.
        try await named { () async throws(StoreError) in
            let database = database
            try await connection.lanes.run { (client) throws(StoreError) in
                try client.ensureEventCollections(in: database)
            }
        }
        return try await write(tenant) { [id] (transaction) throws(StoreError) in
            guard var head = transaction.head else {
                if fence.epoch == .maintenance { throw fence.error(.invalidArgument, tenant: tenant, store: id) }
                let head = TenantHead(fence: fence)
                transaction.replaceHead(head)
                return head
            }
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            transaction.replaceHead(head)
            return head
        }
    }

    @discardableResult
    public func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        let head = try await named { () async throws(StoreError) -> TenantHead in
            let (id, database) = (id, database)
            return try await connection.lanes.run { (client) throws(StoreError) -> TenantHead in
                if fence.epoch != .maintenance,
                    let head = try client.raise(fence, of: tenant, in: database)
                {
                    return try HeadRules.require(head, tenant: tenant, store: id)
                }
                // Not raised: there is no head, or its fence is as high already.
                let found = try client.decidingRead { (session) throws(StoreError) in
                    try client.head(of: tenant, in: database, session: session)
                }
                var head = try HeadRules.require(found, tenant: tenant, store: id)
                try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
                return head
            }
        }
        changes.signal(tenant)
        return head
    }

    public func append(
        _ parts: [StreamAppend],
        tenant: TenantID,
        epoch: Epoch
    ) async throws(StoreError) -> AppendResult {
        try check { () throws(StoreError) in try EventRules.check(parts, capabilities: capabilities) }
        // Taken once, so that a work that runs a second time records the same time.
        let time = now()
        let events = parts.flatMap(\.events)
        let bytes = events.reduce(0) { $0 + $1.payload.byteCount + $1.metadata.byteCount + 512 }
        return try await write(tenant, ids: events.map(\.id), bytes: bytes) {
            [id, capabilities] (transaction) throws(StoreError) in
            let plan = try AppendPlan.decide(
                parts,
                head: transaction.head,
                tenant: tenant,
                epoch: epoch,
                store: id,
                now: time,
                capabilities: capabilities,
                version: { (stream) throws(StoreError) in try transaction.version(of: stream) },
                existing: { (event) throws(StoreError) in try transaction.event(event) }
            )
            switch plan {
            case .append(let events, let head, let result):
                transaction.add(events)
                transaction.replaceHead(head)
                return result
            case .alreadyThere(let head, let result):
                transaction.replaceHead(head)
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
        try check { () throws(StoreError) in
            try EventRules.check(offered: events, after: checkpoint, capabilities: capabilities)
        }
        let bytes = events.reduce(0) { $0 + $1.payload.byteCount + $1.metadata.byteCount + 512 }
        return try await write(tenant, bytes: bytes) { [id, capabilities] (transaction) throws(StoreError) in
            let plan = try OfferPlan.decide(
                events,
                after: checkpoint,
                head: transaction.head,
                tenant: tenant,
                epoch: epoch,
                store: id,
                capabilities: capabilities,
                digest: { (position) throws(StoreError) in
                    guard let digest = try transaction.digest(at: position) else {
                        throw StoreError.missingEvent(tenant: tenant, position: position)
                    }
                    return digest
                }
            )
            switch plan {
            case .append(let missing, let head):
                transaction.add(missing)
                transaction.replaceHead(head)
                return .applied(head, appended: missing.count)
            case .alreadyThere(let head):
                transaction.replaceHead(head)
                return .applied(head, appended: 0)
            case .behind(let head):
                transaction.replaceHead(head)
                return .behind(head)
            }
        }
    }

    // MARK: One way in

    func write<Value: Sendable>(
        _ tenant: TenantID,
        ids: [EventID] = [],
        bytes: Int = 0,
        runsAlone: Bool = false,
        _ body: @escaping @Sendable (EventTransaction) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await named { () async throws(StoreError) -> Value in
            try await queue.run(tenant, ids: ids, bytes: bytes, runsAlone: runsAlone, body)
        }
    }

    func check(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        do throws(StoreError) {
            try body()
        } catch {
            throw error.from(id)
        }
    }
}

extension MongoClient {
    /// Raises a fence by one update of the head alone, which the server repeats until no append is in its way.
    ///
    /// - Returns: The head after it; nil when there is no head whose epoch is smaller.
    fileprivate func raise(_ fence: Fence, of tenant: TenantID, in database: String) throws(StoreError) -> TenantHead? {
        do throws(StoreError) {
            let reply = try command(
                [
                    "findAndModify": .string(EventNames.heads),
                    "query": [
                        "_id": .string(tenant.text), "epoch": ["$lt": .int64(fence.epoch.number)],
                    ],
                    "update": ["$set": .document(HeadDocument.fields(of: fence))], "new": true,
                ],
                on: database,
                .write
            )
            guard case .document(let document)? = reply["value"] else { return nil }
            return try HeadDocument.head(in: document, of: tenant)
        } catch {
            throw error.ofWrite()
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
