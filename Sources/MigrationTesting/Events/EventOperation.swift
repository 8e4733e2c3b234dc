internal import MigrationCore

/// One generated call to an event store, complete in itself: it can be run against a store and against the model.
enum EventOperation: Sendable {
    case prepare(Fence)
    case raise(Fence)
    case append([StreamAppend], Epoch)
    case offer([StoredEvent], LogCheckpoint, Epoch)
    case readStream(StreamID, StreamPosition, limit: Int, Epoch)
    case readLog(after: Int64, limit: Int, Epoch)
    case checkpoint(Int64, Epoch)
    case contains(EventID, Epoch)
}

extension EventOperation: CustomStringConvertible {
    var description: String {
        switch self {
        case .prepare(let fence): return "prepare \(Self.text(fence))"
        case .raise(let fence): return "raiseFence to \(Self.text(fence))"
        case .append(let parts, let epoch):
            let texts = parts.map { part in
                "\(part.stream) expecting \(part.expected): \(part.events.map { "\($0.id)" }.joined(separator: " "))"
            }
            return "append under \(epoch.number) to \(texts.joined(separator: "; "))"
        case .offer(let events, let place, let epoch):
            return "offer \(events.count) events after \(place.position) under \(epoch.number)"
        case .readStream(let stream, let start, let limit, let epoch):
            return "readStream \(stream) \(start) limit \(limit) under \(epoch)"
        case .readLog(let position, let limit, let epoch):
            return "readLog after \(position) limit \(limit) under \(epoch)"
        case .checkpoint(let position, let epoch): return "checkpoint at \(position) under \(epoch)"
        case .contains(let id, let epoch): return "contains \(id) under \(epoch)"
        }
    }

    private static func text(_ fence: Fence) -> String {
        "\(fence.epoch.number) \(fence.role)\(fence.epoch.route == EventBed.route ? "" : " of another route")"
    }
}

/// What an operation answered, in a form that can be compared.
enum EventAnswer: Sendable, Equatable {
    case refused(StoreError.Code)
    case head(TenantHead?)
    case appended(AppendResult)
    case offered(OfferOutcome)
    case events([LogCheckpoint], [[UInt8]])
    case place(LogCheckpoint?)
    case contained(Bool)

    static func events(_ events: [StoredEvent]) -> EventAnswer {
        .events(events.map(\.checkpoint), events.map(\.fingerprint))
    }
}

extension EventOperation {
    /// Runs it against a store.
    func answer(of store: any FencedEventStore, tenant: TenantID) async throws -> EventAnswer {
        do {
            switch self {
            case .prepare(let fence): return .head(try await store.prepare(tenant: tenant, fence: fence))
            case .raise(let fence): return .head(try await store.raiseFence(tenant: tenant, to: fence))
            case .append(let parts, let epoch):
                return .appended(try await store.append(parts, tenant: tenant, epoch: epoch))
            case .offer(let events, let place, let epoch):
                return .offered(try await store.offer(events, tenant: tenant, after: place, epoch: epoch))
            case .readStream(let stream, let start, let limit, let epoch):
                return .events(
                    try await store.readStream(stream, tenant: tenant, from: start, limit: limit, epoch: epoch)
                )
            case .readLog(let position, let limit, let epoch):
                return .events(try await store.readLog(tenant: tenant, after: position, limit: limit, epoch: epoch))
            case .checkpoint(let position, let epoch):
                return .place(try await store.checkpoint(tenant: tenant, at: position, epoch: epoch))
            case .contains(let id, let epoch):
                return .contained(try await store.contains(id, tenant: tenant, epoch: epoch))
            }
        } catch {
            return .refused(error.code)
        }
    }

    /// Runs it against the model.
    func answer(of log: inout ModelEventLog) -> EventAnswer {
        do throws(ModelRefusal) {
            switch self {
            case .prepare(let fence):
                try log.prepare(fence)
                return .head(log.head)
            case .raise(let fence):
                try log.raise(fence)
                return .head(log.head)
            case .append(let parts, let epoch):
                let time = WallTime(millisecondsSinceEpoch: 0)
                return .appended(try log.append(parts, epoch: epoch, recordedAt: time))
            case .offer(let events, let place, let epoch):
                return .offered(try log.offer(events, after: place, epoch: epoch))
            case .readStream(let stream, let start, let limit, let epoch):
                return .events(try log.read(stream, from: start, limit: limit, epoch: epoch))
            case .readLog(let position, let limit, let epoch):
                try log.admitRead(epoch)
                return .events(Array(log.events.filter { $0.position > position }.prefix(limit)))
            case .checkpoint(let position, let epoch):
                try log.admitRead(epoch)
                if position == 0 { return .place(.beginning) }
                return .place(log.events.first { $0.position == position }?.checkpoint)
            case .contains(let id, let epoch):
                try log.admitRead(epoch)
                return .contained(log.events.contains { $0.id == id })
            }
        } catch {
            return .refused(error.code)
        }
    }
}

extension ModelEventLog {
    /// Throws what a read under this epoch must be refused with.
    func admitRead(_ epoch: Epoch) throws(ModelRefusal) {
        guard let fence, epoch != .maintenance, epoch.number <= fence.epoch.number else { return }
        if epoch.number < fence.epoch.number { throw ModelRefusal(.fenced) }
        if epoch.route != fence.epoch.route { throw ModelRefusal(.epochConflict) }
        if fence.role != .open { throw ModelRefusal(.fenced) }
    }

    /// A page of a stream.
    func read(
        _ stream: StreamID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) throws(ModelRefusal) -> [StoredEvent] {
        try admitRead(epoch)
        let all = events.filter { $0.stream == stream }
        switch start {
        case .forward(let version): return Array(all.filter { $0.version >= version }.prefix(limit))
        case .backward(let version): return Array(all.filter { $0.version <= version }.reversed().prefix(limit))
        }
    }
}
