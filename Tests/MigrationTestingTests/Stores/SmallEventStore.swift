import MigrationCore

/// An event store in a hundred lines, for testing the suite that tests stores: honest, or with one promise broken.
final class SmallEventStore: RepairableEventStore {
    struct Log {
        var head: TenantHead
        var events: [StoredEvent] = []
        func version(_ stream: StreamID) -> Int64 { events.last { $0.stream == stream }?.version ?? 0 }
    }

    struct State {
        var logs: [[UInt8]: Log] = [:]
        var isClosed = false
        var time: Int64 = 1_000
    }

    let id: StoreID = "small"
    let capabilities = EventStoreCapabilities(
        maximumEventBytes: 256 << 10,
        maximumAppendEvents: 1_000,
        maximumAppendBytes: 1 << 20,
        durability: .process
    )
    let sabotage: EventSabotage
    private let state: Locked<State>

    init(_ sabotage: EventSabotage = .none) {
        self.sabotage = sabotage
        state = Locked(State())
    }

    /// The same data behind a new door, as after a restart.
    init(reopening other: SmallEventStore) {
        sabotage = other.sabotage
        state = Locked(State(logs: other.state.withLock { $0.logs }))
    }

    func close() async { state.withLock { $0.isClosed = true } }

    private func withState<Result: Sendable>(
        _ body: (inout State) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        if Task.isCancelled, sabotage != .cancelledAppendCommits {
            throw StoreError(.cancelled, "The task was cancelled before the call began.")
        }
        return try state.withLock { state throws(StoreError) in
            if state.isClosed { throw StoreError(.closed, "The store was closed; open it again.") }
            return try body(&state)
        }
    }

    private func storedHead(_ state: State, _ tenant: TenantID) -> TenantHead? { state.logs[key(tenant)]?.head }

    private func key(_ tenant: TenantID) -> [UInt8] { Array(tenant.text.utf8) }

    // MARK: Fences

    func prepare(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try withState { state throws(StoreError) in
            guard state.logs[key(tenant)] != nil else {
                if fence.epoch == .maintenance { throw fence.error(.invalidArgument, tenant: tenant, store: id) }
                state.logs[key(tenant)] = Log(head: TenantHead(fence: fence))
                return TenantHead(fence: fence)
            }
            return try raise(&state, tenant, fence)
        }
    }

    func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try withState { state throws(StoreError) in try raise(&state, tenant, fence) }
    }

    private func raise(_ state: inout State, _ tenant: TenantID, _ fence: Fence) throws(StoreError) -> TenantHead {
        var head = try HeadRules.require(storedHead(state, tenant), tenant: tenant, store: id)
        if sabotage == .raiseLowersFence, fence.epoch.number < head.fence.epoch.number {
            head.fence = fence
        } else {
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
        }
        state.logs[key(tenant)]?.head = head
        return head
    }

    // MARK: Appending

    func append(
        _ parts: [StreamAppend],
        tenant: TenantID,
        epoch: Epoch
    ) async throws(StoreError) -> AppendResult {
        try EventRules.check(parts, capabilities: capabilities)
        var epoch = epoch
        if sabotage == .fenceIsCheckedBeforeTheCommit {
            epoch = try withState { state throws(StoreError) in
                var head = try HeadRules.require(storedHead(state, tenant), tenant: tenant, store: id)
                try HeadRules.apply(head.fence.admitsAppend(epoch), to: &head, tenant: tenant, store: id)
                return epoch
            }
            try? await Task.sleep(for: .milliseconds(2))
            epoch = state.withLock { storedHead($0, tenant)?.fence.epoch ?? epoch }
            state.withLock { $0.logs[key(tenant)]?.head.fence.role = .open }
        }
        return try withState { [epoch] state throws(StoreError) in
            try append(&state, sabotaged(parts), tenant, admitted(epoch, storedHead(state, tenant)))
        }
    }

    private func admitted(_ epoch: Epoch, _ head: TenantHead?) -> Epoch {
        guard let fence = head?.fence else { return epoch }
        switch sabotage {
        case .appendIgnoresFence where epoch.number < fence.epoch.number: return fence.epoch
        case .equalEpochOfOtherRouteIsAccepted where epoch.number == fence.epoch.number: return fence.epoch
        default: return epoch
        }
    }

    private func sabotaged(_ parts: [StreamAppend]) -> [StreamAppend] {
        parts.map { part in
            var part = part
            if sabotage == .expectedVersionIsIgnored { part.expected = .any }
            if sabotage == .causationIsLost {
                for index in part.events.indices { part.events[index].causationID = nil }
            }
            if sabotage == .recordedTimeIsOverwritten {
                for index in part.events.indices { part.events[index].recordedAt = nil }
            }
            return part
        }
    }

    private func append(
        _ state: inout State,
        _ parts: [StreamAppend],
        _ tenant: TenantID,
        _ epoch: Epoch
    ) throws(StoreError) -> AppendResult {
        state.time += 1
        var log = state.logs[key(tenant)]
        if sabotage == .followerTakesAppends, log?.head.fence.role == .follower, epoch == log?.head.fence.epoch {
            log?.head.fence.role = .open
        }
        if sabotage == .positionsHaveGaps, let position = log?.head.position, position % 4 == 3 {
            log?.head.position += 1
        }
        if sabotage == .partlyAppliedAppend, parts.count > 1 {
            for part in parts.dropLast() { _ = try append(&state, [part], tenant, epoch) }
            return try append(&state, [parts[parts.count - 1]], tenant, epoch)
        }
        let others = state.logs
        let plan = try AppendPlan.decide(
            parts,
            head: log?.head,
            tenant: tenant,
            epoch: epoch,
            store: id,
            now: WallTime(millisecondsSinceEpoch: state.time),
            capabilities: capabilities,
            version: { stream in
                sabotage == .versionsAreShared ? (log?.events.last?.version ?? 0) : (log?.version(stream) ?? 0)
            },
            existing: { event in existing(event, in: log, others, parts) }
        )
        switch plan {
        case .append(var events, var head, let result):
            if sabotage == .digestIsNotChained {
                events = events.map { $0.with(digest: $0.chainedDigest(after: .empty)) }
                head.digest = events.last?.digest ?? head.digest
            }
            state.logs[key(tenant)]?.events += events
            state.logs[key(tenant)]?.head = head
            return result
        case .alreadyThere(let head, let result):
            state.logs[key(tenant)]?.head = head
            return result
        }
    }

    private func existing(
        _ event: EventID,
        in log: Log?,
        _ others: [[UInt8]: Log],
        _ parts: [StreamAppend]
    ) -> StoredEvent? {
        let found =
            sabotage == .tenantsShareIDs
            ? others.values.lazy.flatMap(\.events).first { $0.id == event } : log?.events.first { $0.id == event }
        guard let found else { return nil }
        let part = parts.first { $0.events.contains { $0.id == event } }
        let isSame = part.map { part in
            part.stream == found.stream && part.events.contains { found.holds($0, in: part.stream) }
        }
        switch sabotage {
        case .repeatedAppendIsStoredAgain where isSame == true: return nil
        case .duplicateIDIsAccepted where part?.stream != found.stream: return nil
        case .conflictingContentIsAccepted where part?.stream == found.stream && isSame == false: return nil
        default: return found
        }
    }

    func offer(
        _ events: [StoredEvent],
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> OfferOutcome {
        try EventRules.check(offered: events, after: checkpoint, capabilities: capabilities)
        return try withState { state throws(StoreError) in
            var log = state.logs[key(tenant)]
            if sabotage == .offerToOpenStoreIsAccepted, log?.head.fence.role == .open {
                log?.head.fence.role = .follower
            }
            if sabotage == .offerSkipsDigestCheck, let head = log?.head, head.position == checkpoint.position,
                head.fence.role == .follower, let last = events.last, epoch == head.fence.epoch
            {
                state.logs[key(tenant)]?.events += events
                state.logs[key(tenant)]?.head.position = last.position
                state.logs[key(tenant)]?.head.digest = last.digest
                return .applied(state.logs[key(tenant)]?.head ?? head, appended: events.count)
            }
            let stored = log?.events ?? []
            let plan = try OfferPlan.decide(
                events,
                after: checkpoint,
                head: log?.head,
                tenant: tenant,
                epoch: epoch,
                store: id,
                capabilities: capabilities,
                digest: { position in position == 0 ? .empty : stored[Int(position) - 1].digest }
            )
            switch plan {
            case .append(let events, let head):
                state.logs[key(tenant)]?.events += events
                state.logs[key(tenant)]?.head = head
                return .applied(head, appended: events.count)
            case .alreadyThere(let head):
                state.logs[key(tenant)]?.head = head
                return .applied(head, appended: 0)
            case .behind(let head):
                state.logs[key(tenant)]?.head = head
                return sabotage == .offerBehindGapIsAccepted ? .applied(head, appended: events.count) : .behind(head)
            }
        }
    }

    // MARK: Reading

    private func reading<Result: Sendable>(
        _ tenant: TenantID,
        _ epoch: Epoch,
        _ body: (Log?) -> Result
    ) throws(StoreError) -> Result {
        if sabotage == .readAfterClose { state.withLock { $0.isClosed = false } }
        return try withState { state throws(StoreError) in
            let log = state.logs[key(tenant)]
            if var head = log?.head, sabotage != .readIgnoresFence {
                try HeadRules.apply(head.fence.admitsRead(epoch), to: &head, tenant: tenant, store: id)
            }
            return body(log)
        }
    }

    func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try EventRules.check(limit: limit)
        try EventRules.check(start: start)
        return try reading(tenant, epoch) { log in
            let events = log?.events.filter { $0.stream == stream } ?? []
            let limit = sabotage == .streamLimitIsIgnored ? Int.max : limit
            switch start {
            case .forward(let version): return Array(events.filter { $0.version >= version }.prefix(limit))
            case .backward(let version):
                let part = events.filter { $0.version <= version }
                return sabotage == .backwardReadsForward
                    ? Array(part.prefix(limit)) : Array(part.reversed().prefix(limit))
            }
        }
    }

    func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try EventRules.check(limit: limit)
        try EventRules.check(position: position)
        return try reading(tenant, epoch) { log in
            Array((log?.events ?? []).drop { $0.position <= position }.prefix(limit))
        }
    }

    func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try reading(tenant, epoch) { $0?.head }
    }

    func checkpoint(tenant: TenantID, at position: Int64, epoch: Epoch) async throws(StoreError) -> LogCheckpoint? {
        try EventRules.check(position: position)
        return try reading(tenant, epoch) { log in
            if position == 0 { return .beginning }
            if sabotage == .checkpointIsTheHead, let head = log?.head {
                return LogCheckpoint(position: position, digest: head.digest)
            }
            return log?.events.first { $0.position == position }?.checkpoint
        }
    }

    func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try reading(tenant, epoch) { $0?.version(stream) ?? 0 }
    }

    func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try reading(tenant, epoch) { log in log?.events.contains { $0.id == event } ?? false }
    }

    func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try EventRules.check(limit: limit)
        return try withState { state throws(StoreError) in
            var names: [TenantID] = []
            for bytes in state.logs.keys { names.append(try TenantID(String(decoding: bytes, as: UTF8.self))) }
            if sabotage == .tenantsAreUnordered {
                names.sort { ($0.text.count, $0) < ($1.text.count, $1) }
            } else {
                names.sort()
            }
            return Array(names.filter { name in tenant.map { $0 < name } ?? true }.prefix(limit))
        }
    }

    func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError) {
        let deadline = ContinuousClock.now + patience
        let before = try withState { state throws(StoreError) -> Fence? in storedHead(state, tenant)?.fence }
        while ContinuousClock.now < deadline {
            let head = try withState { state throws(StoreError) -> TenantHead? in storedHead(state, tenant) }
            if sabotage != .waitSleepsToTheEnd, head?.fence != before || (head?.position ?? 0) > position { return }
            do {
                try await Task.sleep(for: .milliseconds(2))
            } catch {
                throw StoreError(.cancelled, "The wait was cancelled.")
            }
        }
    }

    // MARK: Repair

    func replaceLog(
        tenant: TenantID,
        after checkpoint: LogCheckpoint,
        with events: [StoredEvent],
        expecting end: LogCheckpoint,
        epoch: Epoch
    ) async throws(StoreError) -> TenantHead {
        try EventRules.checkContiguous(events, after: checkpoint)
        return try withState { state throws(StoreError) in
            let log = state.logs[key(tenant)]
            var head = try HeadRules.require(log?.head, tenant: tenant, store: id)
            try HeadRules.apply(head.fence.admitsRepair(epoch), to: &head, tenant: tenant, store: id)
            let kept = (log?.events ?? []).filter { $0.position <= checkpoint.position }
            guard (kept.last?.checkpoint ?? .beginning) == checkpoint,
                head.checkpoint == end || sabotage == .replaceIgnoresExpectedHead
            else { throw StoreError(.logDiverged, "The log is not as expected; verify it again.") }
            head.position = checkpoint.position + Int64(events.count)
            head.digest = events.last?.digest ?? checkpoint.digest
            state.logs[key(tenant)] = Log(head: head, events: kept + events)
            return head
        }
    }

    func purge(tenant: TenantID, fence: Fence) async throws(StoreError) -> TenantHead {
        try withState { state throws(StoreError) in
            var head = try HeadRules.require(storedHead(state, tenant), tenant: tenant, store: id)
            guard fence.role != .open else { throw head.fence.error(.invalidArgument, tenant: tenant, store: id) }
            guard head.fence.role != .open else { throw head.fence.error(.storeIsActive, tenant: tenant, store: id) }
            try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
            head.position = 0
            head.digest = .empty
            state.logs[key(tenant)] = sabotage == .purgeRemovesHead ? nil : Log(head: head)
            return head
        }
    }
}
