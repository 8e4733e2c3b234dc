internal import CutoverAzureTransport
public import MigrationCore

extension BlobEventStore {
    @discardableResult
    public func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        let begun = try await change(tenant) { [id] (log) async throws(StoreError) -> TenantLog.Change<TenantHead?> in
            guard log.current.head == nil else { return .nothing(nil) }
            guard fence.epoch != .maintenance else { throw fence.error(.invalidArgument, tenant: tenant, store: id) }
            let head = TenantHead(fence: fence)
            return .begin(head, head)
        }
        if let begun { return begun }
        return try await raiseFence(tenant: tenant, to: fence)
    }

    @discardableResult
    public func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try await door.enter { () async throws(StoreError) -> TenantHead in
            let head = try await log(of: tenant).raise(fence)
            changes.signal(tenant)
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
        return try await door.enter { () async throws(StoreError) -> AppendResult in
            try EventRules.check(parts, capabilities: capabilities)
            return try await log(of: tenant).append(parts, epoch: epoch, at: time, capabilities)
        }
    }

    public func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        try await change(
            tenant,
            checking: { [capabilities] () throws(StoreError) in
                try EventRules.check(offered: events, after: checkpoint, capabilities: capabilities)
            }
        ) { [id, capabilities] (log) async throws(StoreError) -> TenantLog.Change<OfferOutcome> in
            let shared = min(log.current.head?.position ?? 0, checkpoint.position + Int64(events.count))
            let isInside = shared >= max(1, checkpoint.position) && shared < log.current.head?.position ?? 0
            let there = try await log.events(at: isInside ? [shared] : [])
            let index = log.current
            let plan = try OfferPlan.decide(
                events,
                after: checkpoint,
                head: index.head,
                tenant: tenant,
                epoch: epoch,
                store: id,
                capabilities: capabilities,
                digest: { there[$0]?.digest ?? .empty }
            )
            switch plan {
            case .append(let missing, let head):
                try index.checkPlaces(of: missing, after: head.position - Int64(missing.count), tenant: tenant)
                return .append(.events(missing, head), .applied(head, appended: missing.count))
            case .alreadyThere(let head): return .raising(head.fence, from: index.head, .applied(head, appended: 0))
            case .behind(let head): return .raising(head.fence, from: index.head, .behind(head))
            }
        }
    }

    /// Changes a tenant's log, then calls those who wait for its events.
    func change<Value: Sendable>(
        _ tenant: TenantID,
        checking check: () throws(StoreError) -> Void = {},
        _ decide: (TenantLog) async throws(StoreError) -> TenantLog.Change<Value>
    ) async throws(StoreError) -> Value {
        try await door.enter { () async throws(StoreError) -> Value in
            try check()
            let value = try await log(of: tenant).change(decide)
            changes.signal(tenant)
            return value
        }
    }
}

extension TenantLog.Change {
    /// An answer that raises the fence where it is another one than before.
    fileprivate static func raising(_ fence: Fence, from head: TenantHead?, _ value: Value) -> Self {
        fence == head?.fence ? .nothing(value) : .raise(fence, value)
    }
}

extension TenantLog {
    /// Reads single events, by their positions.
    func events(at positions: [Int64]) async throws(StoreError) -> [Int64: StoredEvent] {
        guard !positions.isEmpty else { return [:] }
        let index = current
        var frames: [LogIndex.Frame] = []
        for position in Set(positions).sorted() {
            guard let frame = index.frame(at: position), frame != frames.last else { continue }
            frames.append(frame)
        }
        let events = try await self.events(in: frames)
        let wanted = Set(positions)
        return Dictionary(
            uniqueKeysWithValues: events.filter { wanted.contains($0.position) }.map { ($0.position, $0) }
        )
    }
}
