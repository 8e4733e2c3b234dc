internal import CutoverAzureTransport
public import MigrationCore

extension BlobEventStore {
    /// One record takes the place of the events behind the checkpoint; their bytes stay in the blob.
    public func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting expected: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        try await change(
            tenant,
            checking: { () throws(StoreError) in
                try EventRules.checkContiguous(events, after: checkpoint)
            }
        ) { [id] (log) async throws(StoreError) -> TenantLog.Change<TenantHead> in
            let isInside = checkpoint.position > 0 && checkpoint.position < log.current.head?.position ?? 0
            let there = try await log.events(at: isInside ? [checkpoint.position] : [])
            let index = log.current
            var head = try HeadRules.require(index.head, tenant: tenant, store: id)
            let end = head.checkpoint
            try HeadRules.apply(head.fence.admitsRepair(epoch), to: &head, tenant: tenant, store: id)
            guard end == expected else { throw Self.unexpected(tenant, expected.position) }
            let found: LogCheckpoint? =
                switch checkpoint.position {
                case 0: .beginning
                case end.position: end
                default: there[checkpoint.position]?.checkpoint
                }
            guard found == checkpoint else { throw Self.unexpected(tenant, checkpoint.position) }
            (head.position, head.digest) = (checkpoint.position, checkpoint.digest)
            for event in events {
                head.position = event.position
                head.digest = event.chainedDigest(after: head.digest)
                guard head.digest == event.digest else { throw Self.unexpected(tenant, event.position) }
            }
            try index.checkPlaces(of: events, after: checkpoint.position, tenant: tenant)
            return .append(.rewind(events, head), head)
        }
    }

    /// One record empties the log. No call gives the events any more; their bytes stay in the tenant's blobs.
    ///
    /// To be rid of the bytes, delete the tenant's blobs once no process uses its log in this store; a tenant whose blobs were deleted has
    /// to be prepared again, by a store that was opened afterwards.
    @discardableResult
    public func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await change(tenant) { [id] (log) async throws(StoreError) -> TenantLog.Change<TenantHead> in
            let there = try HeadRules.require(log.current.head, tenant: tenant, store: id)
            guard fence.role != .open else {
                throw StoreError(
                    .invalidArgument,
                    "A purged store cannot be the active one; purge under a fence that is a follower's or closed.",
                    context: .init(store: id, tenant: tenant, fence: there.fence)
                )
            }
            if there.fence.role == .open { throw there.fence.error(.storeIsActive, tenant: tenant, store: id) }
            var head = there
            try HeadRules.apply(there.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            (head.position, head.digest) = (0, .empty)
            return head == there ? .nothing(head) : .append(.rewind([], head), head)
        }
    }

    private static func unexpected(_ tenant: TenantID, _ position: Int64) -> StoreError {
        StoreError(
            .logDiverged,
            "The log is not as expected at position \(position); verify it again and repair what the new report names.",
            context: .init(tenant: tenant, position: position)
        )
    }
}
