internal import CutoverAzureTransport
internal import MigrationCore

/// One tenant's log as this process knows it: an index in memory, brought up to date by reading what was appended since.
///
/// Calls take turns. Only an append that the service has accepted under the length that is known may rest on what is remembered; every
/// other answer is given after a look at the end of the log.
final class TenantLog: Sendable {
    /// When a segment is full.
    struct Limits: Sendable {
        /// A blob has up to 50,000 blocks; some of them are left for fences and the seal.
        var blocks = 49_000
        var bytes: Int64
    }

    /// How many bytes are read at a time; more than the largest frame.
    private static let chunkBytes = 8 << 20

    let tenant: TenantID
    /// What errors name.
    let store: StoreID
    let gateway: BlobGateway
    let names: LogNames
    let environment: AzureEnvironment
    let limits: Limits
    let deadline: Duration
    private let concurrency: Int
    let turn = Turnstile()
    let queue = AppendQueue()
    /// Called when events were appended.
    let committed: @Sendable () -> Void
    let index = Locked(LogIndex())
    let pace = Locked(LogPace())

    init(
        _ tenant: TenantID,
        store: StoreID,
        gateway: BlobGateway,
        names: LogNames,
        _ configuration: BlobConfiguration,
        _ environment: AzureEnvironment,
        limits: Limits,
        committed: @escaping @Sendable () -> Void
    ) {
        self.tenant = tenant
        self.store = store
        self.gateway = gateway
        self.names = names
        self.environment = environment
        self.limits = limits
        self.committed = committed
        deadline = configuration.deadline
        concurrency = configuration.maximumConcurrentRequests
    }

    /// What is known. Keep it for a moment only: while it is kept, the next record copies all of it.
    var current: LogIndex { index.withLock { $0 } }

    // MARK: Reading

    /// Looks at the log as it is now.
    func look<Value>(_ body: (LogIndex) throws(StoreError) -> Value) async throws(StoreError) -> Value {
        try await turn.inTurn { () async throws(StoreError) -> Value in
            try await refresh()
            return try body(current)
        }
    }

    /// Reads events.
    ///
    /// - Parameter frames: where they lie, in the order of the log.
    func events(in frames: some Sequence<LogIndex.Frame>) async throws(StoreError) -> [StoredEvent] {
        var runs: [[LogIndex.Frame]] = []
        for frame in frames {
            if let last = runs.last?.last, let first = runs.last?.first, last.segment == frame.segment,
                last.offset + Int64(last.bytes) == frame.offset,
                frame.offset + Int64(frame.bytes) - first.offset <= Int64(LogFrame.maximumBytes)
            {
                runs[runs.count - 1].append(frame)
            } else {
                runs.append([frame])
            }
        }
        let read = await ConcurrentCalls.each(runs, limit: concurrency) { [self] (run) async throws(StoreError) in
            try await self.events(of: run)
        }
        var events: [StoredEvent] = []
        for result in read { events += try result.get() }
        return events
    }

    /// Reads frames that lie one behind the other.
    private func events(of run: [LogIndex.Frame]) async throws(StoreError) -> [StoredEvent] {
        guard let first = run.first, let last = run.last else { return [] }
        let count = Int(last.offset - first.offset) + last.bytes
        let name = names.segment(first.segment, of: tenant)
        guard case .bytes(let bytes, _) = try await gateway.bytes(name, from: first.offset, count: count) else {
            throw damaged(first.segment, first.offset)
        }
        var events: [StoredEvent] = []
        for frame in run {
            let body = try? LogFrame.frame(bytes[...], at: Int(frame.offset - first.offset))?.body
            switch body.flatMap({ LogRecord($0) })?.content {
            case .events(let found, _)?, .rewind(let found, _)?: events += found.prefix(frame.events)
            default: throw damaged(frame.segment, frame.offset)
            }
        }
        return events
    }

    /// Reads what was appended since the last time. The first segment is number 1, so it need not be looked for.
    func refresh() async throws(StoreError) {
        while true {
            let (segment, offset, situation) = index.withLock { (max($0.segment, 1), $0.offset, $0.situation) }
            switch try await gateway.bytes(names.segment(segment, of: tenant), from: offset, count: Self.chunkBytes) {
            case .missing:
                if situation == .none || situation == .missing { return }
                throw damaged(segment, offset)
            case .end:
                arrive(at: segment, after: situation)
                return
            case .bytes(let bytes, let total):
                arrive(at: segment, after: situation)
                if try fold(bytes, isLast: offset + Int64(bytes.count) == total) { return }
            }
        }
    }

    /// Notes that a segment is there which was not when the log was read last.
    private func arrive(at segment: Int64, after situation: LogIndex.Situation) {
        guard situation == .none || situation == .missing else { return }
        index.withLock { $0.enter(segment: segment, .unopened) }
    }

    /// Takes in records; returns whether the end of the log is reached.
    private func fold(_ bytes: [UInt8], isLast: Bool) throws(StoreError) -> Bool {
        let now = environment.timeline.now
        return try index.withLock { (index) throws(StoreError) in
            let (segment, start) = (index.segment, index.offset)
            var place = 0
            do {
                while let (body, end) = try LogFrame.frame(bytes[...], at: place) {
                    guard let record = LogRecord(body) else { throw LogIndex.Damage.noRecord }
                    pace.withLock { $0.read(record, at: now) }
                    guard try index.fold(record, bytes: end - place) else { return false }
                    place = end
                }
            } catch {
                throw damaged(segment, start + Int64(place), error)
            }
            // A frame is a block, and blocks are there whole; so only the end of what was read may cut one.
            guard place == bytes.count || !isLast && place > 0 else { throw damaged(segment, start + Int64(place)) }
            return isLast
        }
    }

    func damaged(_ segment: Int64, _ offset: Int64, _ error: (any Error)? = nil) -> StoreError {
        StoreError(
            .corrupt,
            "Segment \(segment) of the tenant's log is damaged at byte \(offset); restore it.",
            context: .init(tenant: tenant),
            underlying: error
        )
    }
}
