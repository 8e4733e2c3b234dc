internal import MigrationCore

/// An event store as one simulated process reaches it.
struct SimulatedEventStore: RepairableEventStore {
    let inner: any RepairableEventStore
    let process: SimulatedProcess
    let observer: FenceObserver

    var id: StoreID { inner.id }
    var capabilities: EventStoreCapabilities { inner.capabilities }

    func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await process.call("prepare", to: id, isWrite: true) { () async throws(StoreError) in
            let head = try await inner.prepare(tenant: tenant, fence: fence)
            observer.raised(head.fence, tenant: tenant, in: id)
            return head
        }
    }

    func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try await process.call("raiseFence", to: id, isWrite: true) { () async throws(StoreError) in
            let head = try await inner.raiseFence(tenant: tenant, to: fence)
            observer.raised(head.fence, tenant: tenant, in: id)
            return head
        }
    }

    func append(_ parts: [StreamAppend], tenant: TenantID, epoch: Epoch) async throws(StoreError) -> AppendResult {
        try await process.call("append", to: id, isWrite: true) { () async throws(StoreError) in
            let result = try await inner.append(parts, tenant: tenant, epoch: epoch)
            if !result.wasAlreadyThere { observer.appended(tenant: tenant, epoch: epoch, in: id) }
            return result
        }
    }

    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        try await process.call("offer", to: id, isWrite: true) { () async throws(StoreError) in
            try await inner.offer(events, tenant: tenant, after: checkpoint, epoch: epoch)
        }
    }

    func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await process.call("readStream", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.readStream(stream, tenant: tenant, from: start, limit: limit, epoch: epoch)
        }
    }

    func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await process.call("readLog", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.readLog(tenant: tenant, after: position, limit: limit, epoch: epoch)
        }
    }

    func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await process.call("head", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.head(tenant: tenant, epoch: epoch)
        }
    }

    func checkpoint(tenant: TenantID, at position: Int64, epoch: Epoch) async throws(StoreError) -> LogCheckpoint? {
        try await process.call("checkpoint", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.checkpoint(tenant: tenant, at: position, epoch: epoch)
        }
    }

    func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await process.call("streamVersion", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.streamVersion(stream, tenant: tenant, epoch: epoch)
        }
    }

    func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await process.call("contains", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.contains(event, tenant: tenant, epoch: epoch)
        }
    }

    func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await process.call("tenants", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.tenants(after: tenant, limit: limit)
        }
    }

    func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError) {
        try await process.travel()
        try await inner.waitForEvents(tenant: tenant, after: position, upTo: patience)
    }

    func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting head: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        try await process.call("replaceLog", to: id, isWrite: true) { () async throws(StoreError) in
            try await inner.replaceLog(tenant: tenant, after: checkpoint, with: events, expecting: head, epoch: epoch)
        }
    }

    func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try await process.call("purge", to: id, isWrite: true) { () async throws(StoreError) in
            let head = try await inner.purge(tenant: tenant, fence: fence)
            observer.raised(head.fence, tenant: tenant, in: id)
            return head
        }
    }

    func close() async {}
}

/// Watches from outside what must never happen at a store, without believing the store's own fence.
final class FenceObserver: Sendable {
    private struct State {
        /// The highest fence that a call was told of, by store and tenant.
        var fences: [String: Epoch] = [:]
        /// The store that took appends under an epoch, by tenant.
        var active: [String: StoreID] = [:]
    }

    private let world: SimulatedWorld
    private let state = Locked(State())

    init(_ world: SimulatedWorld) { self.world = world }

    func raised(_ fence: Fence, tenant: TenantID, in store: StoreID) {
        state.withLock { state in
            let key = "\(store)/\(tenant)"
            if fence.epoch.number > state.fences[key]?.number ?? 0 { state.fences[key] = fence.epoch }
        }
        world.note("fence of \(store) for \(tenant) is \(fence.epoch.number) \(fence.role.rawValue)")
    }

    func appended(tenant: TenantID, epoch: Epoch, in store: StoreID) {
        let (fence, other) = state.withLock { state -> (Epoch?, StoreID?) in
            let key = "\(tenant)/\(epoch.number)"
            defer { state.active[key] = store }
            return (state.fences["\(store)/\(tenant)"], state.active[key])
        }
        if let fence, epoch.number < fence.number {
            world.violation(
                "\(store) took an append of epoch \(epoch.number) after its fence was raised to \(fence.number)"
            )
        }
        if let other, other != store {
            world.violation("\(other) and \(store) both took appends of \(tenant) under epoch \(epoch.number)")
        }
    }
}

/// The control plane's documents as one simulated process reaches them.
struct SimulatedDocumentStore: DocumentStore {
    let inner: any DocumentStore
    let process: SimulatedProcess
    let replicas: StaleReads

    var id: StoreID { inner.id }
    var capabilities: DocumentStoreCapabilities { inner.capabilities }

    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try await process.call("read", to: id, isWrite: false) { () async throws(StoreError) in
            let current = try await inner.read(key)
            replicas.note(current, at: key)
            let world = process.world
            if world.strikes(world.options.staleReadRate) {
                let lag = world.time(around: .milliseconds(500))
                if let older = replicas.before(current, at: key, lag: lag, seen: process.lastSeen(key)) {
                    world.count(.staleRead)
                    world.note("\(process.name) reads \(key.id) as it was \(lag) ago")
                    return older
                }
            }
            process.see(key)
            return current
        }
    }

    func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        try await process.call("readMany", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.readMany(keys)
        }
    }

    func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        do throws(StoreError) {
            return try await process.call("write", to: id, isWrite: true) { () async throws(StoreError) in
                let outcome = try await inner.write(write)
                replicas.note(try await inner.read(write.key), at: write.key)
                if case .applied = outcome { process.see(write.key) }
                return outcome
            }
        } catch  where error.code == .outcomeUnknown {
            return .unknown(error)
        }
    }

    func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        do throws(StoreError) {
            return try await process.call("writeBatch", to: id, isWrite: true) { () async throws(StoreError) in
                try await inner.writeBatch(writes, order: order)
            }
        } catch  where error.code == .outcomeUnknown {
            return Array(repeating: .unknown(error), count: writes.count)
        }
    }

    func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        do throws(StoreError) {
            return try await process.call("transact", to: id, isWrite: true) { () async throws(StoreError) in
                try await inner.transact(writes)
            }
        } catch  where error.code == .outcomeUnknown {
            return .unknown(error)
        }
    }

    func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await process.call("query", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.query(query, after: continuation, pageSize: pageSize)
        }
    }

    func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try await process.call("count", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.count(collection, partition: partition, where: filter)
        }
    }

    func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await process.call("scan", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.scan(range, after: continuation, pageSize: pageSize)
        }
    }

    func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await process.call("scanRanges", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.scanRanges(of: collection, maximumCount: maximumCount)
        }
    }

    func collections() async throws(StoreError) -> [CollectionDefinition] {
        try await process.call("collections", to: id, isWrite: false) { () async throws(StoreError) in
            try await inner.collections()
        }
    }

    func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await process.call("ensureCollection", to: id, isWrite: true) { () async throws(StoreError) in
            try await inner.ensureCollection(definition)
        }
    }

    func close() async {}
}
