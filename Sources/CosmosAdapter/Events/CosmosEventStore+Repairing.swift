internal import CutoverAzureTransport
public import MigrationCore

extension CosmosEventStore: RepairableEventStore {
    public func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting expected: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        let bytes = events.reduce(0) { $0 + $1.canonicalBSON.count }
        let head = try await change(
            tenant,
            needs: LogStep.Needs(positions: [checkpoint.position]),
            events: events.count,
            bytes: bytes,
            runsAlone: true,
            checking: { [capabilities] () throws(StoreError) in
                try EventRules.checkContiguous(events, after: checkpoint)
                guard events.count <= capabilities.maximumAppendEvents, bytes <= capabilities.maximumAppendBytes else {
                    throw StoreError(
                        .eventTooLarge,
                        "The events are more than one step takes; give the first \(capabilities.maximumAppendEvents), and offer the others."
                    )
                }
            }
        ) { [id] (step) throws(StoreError) -> TenantHead in
            var head = try HeadRules.require(step.head, tenant: tenant, store: id)
            try HeadRules.apply(head.fence.admitsRepair(epoch), to: &head, tenant: tenant, store: id)
            guard head.checkpoint == expected else {
                throw StoreError.unexpectedLog(tenant: tenant, position: head.position)
            }
            guard checkpoint.position <= head.position, step.digest(at: checkpoint.position) == checkpoint.digest else {
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
            step.removeEvents(after: checkpoint.position)
            step.add(events)
            step.replaceHead(head)
            return head
        }
        await sweep(tenant)
        return head
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
        let head = try await change(tenant, runsAlone: true) { [id] (step) throws(StoreError) -> TenantHead in
            var head = try HeadRules.require(step.head, tenant: tenant, store: id)
            if head.fence.role == .open { throw head.fence.error(.storeIsActive, tenant: tenant, store: id) }
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            (head.position, head.digest) = (0, .empty)
            step.removeEvents(after: 0)
            step.replaceHead(head)
            return head
        }
        await sweep(tenant)
        return head
    }

    /// Deletes items that are not in the log any more, as far as that succeeds. What stays is in nobody's way, and goes with
    /// the next repair.
    private func sweep(_ tenant: TenantID) async {
        do throws(StoreError) {
            try await door.enter { () async throws(StoreError) in
                guard let head = try await logs.head(tenant) else { return }
                try await logs.sweep(tenant, head)
            }
        } catch {}
    }
}

extension LogGateway {
    /// Deletes the events of earlier lives of the log. An item of an earlier generation never becomes part of it again, so that
    /// this needs no condition.
    fileprivate func sweep(_ tenant: TenantID, _ head: LogHead) async throws(StoreError) {
        let newest = head.parts.map(\.generation).max() ?? 0
        let query = ItemQuery(
            text: "SELECT c.id FROM c WHERE c.kind = \"event\" AND c.generation < \(newest) "
                + "AND NOT \(head.condition(after: 0, upTo: 1 << 53))"
        )
        var ids: [String] = []
        try await items(query, tenant) { (item) async throws(StoreError) in
            if case .string(let id)? = item["id"] { ids.append(id) }
            if ids.count == 100 {
                try await delete(ids, tenant)
                ids = []
            }
            return true
        }
        if !ids.isEmpty { try await delete(ids, tenant) }
    }

    /// Deletes items in one batch, which takes up to 100; one by one where another process deletes them as well, since a batch with
    /// an item that is gone deletes nothing.
    private func delete(_ ids: [String], _ tenant: TenantID) async throws(StoreError) {
        let partition = EventItems.partition(tenant)
        let operations = ids.map { id in
            ItemChange(kind: .delete, id: id, partition: partition, body: nil, stamp: "").operation(isBulk: false)
        }
        let context = StoreError.Context(tenant: tenant)
        let end: CosmosGateway.BatchEnd
        do throws(AzureError) {
            end = try await gateway.transact(operations, effect: .repeatableWrite, partition: partition, in: container)
        } catch {
            throw error.storeError(context)
        }
        switch end {
        case .applied: return
        case .refused(_, let result, _) where result.status == 404:
            guard ids.count > 1 else { return }
            for id in ids { try await delete([id], tenant) }
        case .refused(_, let result, _):
            throw StoreError(
                .busy,
                "Cosmos DB refused to delete events for now, with status \(result.status)/\(result.substatus); try again.",
                context: context
            )
        case .tooLarge, .strange: throw CosmosGateway.strange(context)
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
