internal import CutoverAzureTransport
public import MigrationCore

extension CosmosEventStore {
    @discardableResult
    public func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await change(tenant) { [id] (step) throws(StoreError) -> TenantHead in
            guard var head = step.head else {
                if fence.epoch == .maintenance { throw fence.error(.invalidArgument, tenant: tenant, store: id) }
                let head = TenantHead(fence: fence)
                step.replaceHead(head)
                return head
            }
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            step.replaceHead(head)
            return head
        }
    }

    public func append(
        _ parts: [StreamAppend],
        tenant: TenantID,
        epoch: Epoch
    ) async throws(StoreError) -> AppendResult {
        // Taken once, so that a decision that is made again records the same time.
        let time = environment.wallClock()
        let events = parts.flatMap(\.events)
        return try await change(
            tenant,
            needs: LogStep.Needs(ids: events.map(\.id), streams: parts.map(\.stream)),
            events: events.count,
            bytes: events.reduce(0) { $0 + $1.payload.byteCount + $1.metadata.byteCount + 1_024 },
            checking: { [capabilities] () throws(StoreError) in
                try EventRules.check(parts, capabilities: capabilities)
            }
        ) { [id, capabilities] (step) throws(StoreError) -> AppendResult in
            let plan = try AppendPlan.decide(
                parts,
                head: step.head,
                tenant: tenant,
                epoch: epoch,
                store: id,
                now: time,
                capabilities: capabilities,
                version: { step.version(of: $0) },
                existing: { step.event($0) }
            )
            switch plan {
            case .append(let events, let head, let result):
                step.add(events)
                step.replaceHead(head)
                return result
            case .alreadyThere(let head, let result):
                step.replaceHead(head)
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
        let places = [checkpoint.position] + events.map(\.position)
        return try await change(
            tenant,
            needs: LogStep.Needs(positions: places),
            events: events.count,
            bytes: events.reduce(0) { $0 + $1.payload.byteCount + $1.metadata.byteCount + 1_024 },
            checking: { [capabilities] () throws(StoreError) in
                try EventRules.check(offered: events, after: checkpoint, capabilities: capabilities)
            }
        ) { [id, capabilities] (step) throws(StoreError) -> OfferOutcome in
            let plan = try OfferPlan.decide(
                events,
                after: checkpoint,
                head: step.head,
                tenant: tenant,
                epoch: epoch,
                store: id,
                capabilities: capabilities,
                digest: { (position) throws(StoreError) in
                    guard let digest = step.digest(at: position) else { throw LogGateway.missing(tenant, position) }
                    return digest
                }
            )
            switch plan {
            case .append(let missing, let head):
                step.add(missing)
                step.replaceHead(head)
                return .applied(head, appended: missing.count)
            case .alreadyThere(let head):
                step.replaceHead(head)
                return .applied(head, appended: 0)
            case .behind(let head):
                step.replaceHead(head)
                return .behind(head)
            }
        }
    }

    /// Changes a tenant's log, together with others who do, then calls those who wait for its events.
    func change<Value: Sendable>(
        _ tenant: TenantID,
        needs: LogStep.Needs = LogStep.Needs(),
        events: Int = 0,
        bytes: Int = 0,
        runsAlone: Bool = false,
        checking check: () throws(StoreError) -> Void = {},
        _ body: @escaping @Sendable (LogStep) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await door.enter { () async throws(StoreError) -> Value in
            try check()
            return try await queue.run(
                tenant,
                needs: needs,
                events: events,
                bytes: bytes,
                runsAlone: runsAlone,
                body
            )
        }
    }
}
