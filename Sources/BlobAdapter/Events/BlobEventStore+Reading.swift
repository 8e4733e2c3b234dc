internal import CutoverAzureTransport
public import MigrationCore

extension BlobEventStore {
    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await door.enter { () async throws(StoreError) -> [StoredEvent] in
            try EventRules.check(limit: limit)
            try EventRules.check(position: position)
            return try await read(tenant, epoch) { index in
                guard let head = index.head, position < head.position else { return nil }
                let last = head.position - position > Int64(limit) ? position + Int64(limit) : head.position
                return Selection(
                    frames: Array(index.frames((position + 1)...last)),
                    positions: nil,
                    bounds: (position + 1)...last
                )
            }
        }
    }

    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await door.enter { () async throws(StoreError) -> [StoredEvent] in
            try EventRules.check(limit: limit)
            try EventRules.check(start: start)
            let events = try await read(tenant, epoch) { index in
                Selection(index, index.places(of: stream, from: start, limit: limit))
            }
            if case .backward = start { return events.reversed() }
            return events
        }
    }

    public func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await door.enter { () async throws(StoreError) -> TenantHead? in
            try await look(tenant, epoch) { $0.head }
        }
    }

    public func checkpoint(
        tenant: TenantID,
        at position: Int64,
        epoch: Epoch
    ) async throws(StoreError) -> LogCheckpoint? {
        try await door.enter { () async throws(StoreError) -> LogCheckpoint? in
            try EventRules.check(position: position)
            guard position > 0 else {
                _ = try await look(tenant, epoch) { _ in }
                return .beginning
            }
            return try await read(tenant, epoch) { Selection($0, [position]) }.first?.checkpoint
        }
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await door.enter { () async throws(StoreError) -> Int64 in
            try await look(tenant, epoch) { $0.version(of: stream) }
        }
    }

    public func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await door.enter { () async throws(StoreError) -> Bool in
            try await look(tenant, epoch) { $0.position(of: event) != nil }
        }
    }

    /// The names of segments are in an order of their own, so each page reads the listing of all of them.
    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await door.enter { () async throws(StoreError) -> [TenantID] in
            try EventRules.check(limit: limit)
            var tenants: Set<TenantID> = []
            var marker: String?
            repeat {
                let listing = try await gateway.list(names.all, after: marker, size: 5_000)
                for entry in listing.entries where entry.byteCount > 0 {
                    guard let (owner, _) = names.segment(entry.name) else { continue }
                    if let tenant, !(tenant < owner) { continue }
                    tenants.insert(owner)
                }
                marker = listing.marker
            } while marker != nil
            return Array(tenants.sorted().prefix(limit))
        }
    }

    /// Which events a read gives.
    struct Selection: Sendable {
        var frames: [LogIndex.Frame]
        /// These; nil for all within the bounds.
        var positions: Set<Int64>?
        var bounds: ClosedRange<Int64>

        init(frames: [LogIndex.Frame], positions: Set<Int64>?, bounds: ClosedRange<Int64>) {
            (self.frames, self.positions, self.bounds) = (frames, positions, bounds)
        }

        /// Single positions; nil when there are none in the log.
        init?(_ index: LogIndex, _ positions: [Int64]) {
            let sorted = positions.sorted()
            guard let first = sorted.first, let last = sorted.last else { return nil }
            var frames: [LogIndex.Frame] = []
            for position in sorted {
                guard let frame = index.frame(at: position), frame != frames.last else { continue }
                frames.append(frame)
            }
            self.init(frames: frames, positions: Set(sorted), bounds: first...last)
        }

        func holds(_ event: StoredEvent) -> Bool {
            bounds.contains(event.position) && positions?.contains(event.position) != false
        }
    }

    /// Reads events behind the fence: all of them as they were at one look at the end of the log.
    private func read(
        _ tenant: TenantID,
        _ epoch: Epoch,
        _ select: (LogIndex) -> Selection?
    ) async throws(StoreError) -> [StoredEvent] {
        guard let selection = try await look(tenant, epoch, select) else { return [] }
        return try await log(of: tenant).events(in: selection.frames).filter(selection.holds)
    }

    /// Looks at the index behind the fence.
    private func look<Value>(
        _ tenant: TenantID,
        _ epoch: Epoch,
        _ body: (LogIndex) -> Value
    ) async throws(StoreError) -> Value {
        try await log(of: tenant).look { [id] (index) throws(StoreError) in
            if let fence = index.head?.fence, case .refused(let code) = fence.admitsRead(epoch) {
                throw fence.error(code, tenant: tenant, store: id)
            }
            return body(index)
        }
    }
}

extension BlobEventStore {
    public func waitForEvents(
        tenant: TenantID,
        after position: Int64,
        upTo patience: Duration
    ) async throws(StoreError) {
        let timeline = environment.timeline
        let start = timeline.now
        var first: TenantHead??
        while true {
            // The ticket comes before the look, so that a commit in between is not missed.
            let isOver = try await changes.withTicket(for: tenant) { (ticket) async throws(StoreError) -> Bool in
                let head = try await door.enter { () async throws(StoreError) -> TenantHead? in
                    try EventRules.check(position: position)
                    return try await look(tenant, .maintenance) { $0.head }
                }
                if let head, head.position > position { return true }
                if let first, first?.fence != head?.fence { return true }
                first = .some(head)
                let left = patience - (timeline.now - start)
                if left <= .zero { return true }
                await changes.wait(ticket, upTo: min(left, options.pollingInterval), on: timeline)
                return false
            }
            if isOver { return }
        }
    }
}
