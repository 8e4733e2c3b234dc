internal import MigrationCore

/// A fresh store with what a behaviour about events needs around it.
struct EventBed: Sendable {
    let store: any FencedEventStore
    let suite: EventStoreConformance
    private let random: RandomSource

    var options: ConformanceOptions { suite.options }

    init(store: any FencedEventStore, suite: EventStoreConformance, name: String) {
        self.store = store
        self.suite = suite
        // Each behaviour draws its own numbers, whichever others run beside it.
        let salt = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        random = SeededRandom.source(seed: suite.options.seed ^ salt)
    }

    static let route = RouteID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
    static let otherRoute = RouteID(high: 1, low: 2)

    func epoch(_ number: Int64, route: RouteID = EventBed.route) -> Epoch { Epoch(number: number, route: route) }

    func fence(_ number: Int64, _ role: Fence.Role, successor: StoreID? = nil) -> Fence {
        Fence(epoch: epoch(number), role: role, successor: successor)
    }

    /// A tenant whose log is open at epoch 5.
    func open(_ tenant: TenantID = "tenant", at number: Int64 = 5) async throws -> TenantID {
        try await store.prepare(tenant: tenant, fence: fence(number, .open))
        return tenant
    }

    /// A tenant whose log follows at epoch 5.
    func follower(_ tenant: TenantID = "tenant", at number: Int64 = 5) async throws -> TenantID {
        try await store.prepare(tenant: tenant, fence: fence(number, .follower, successor: "active"))
        return tenant
    }

    func eventID() -> EventID { EventID(from: random) }

    func number(below bound: UInt64) -> UInt64 { random.next() % bound }

    func event(_ number: Int = 0, type: String = "Happened", payload: Document? = nil) -> NewEvent {
        NewEvent(
            id: eventID(),
            type: type,
            occurredAt: WallTime(millisecondsSinceEpoch: 1_700_000_000_000 + Int64(number)),
            payload: payload ?? ["n": .int32(Int32(number))]
        )
    }

    func events(_ count: Int) -> [NewEvent] { (0..<count).map { event($0) } }

    @discardableResult
    func append(
        _ events: [NewEvent],
        to stream: StreamID = "stream",
        expected: ExpectedVersion = .any,
        tenant: TenantID,
        epoch number: Int64 = 5
    ) async throws(StoreError) -> AppendResult {
        let part = StreamAppend(stream, expected: expected, events: events)
        return try await store.append([part], tenant: tenant, epoch: epoch(number))
    }

    /// The whole log, read with the maintenance epoch in pages of 100.
    func log(_ tenant: TenantID) async throws -> [StoredEvent] {
        var events: [StoredEvent] = []
        while true {
            let page = try await store.readLog(
                tenant: tenant,
                after: Int64(events.count),
                limit: 100,
                epoch: .maintenance
            )
            events += page
            guard page.count == 100 else { return events }
        }
    }

    func head(_ tenant: TenantID) async throws -> TenantHead {
        try expectNotNil(
            try await store.head(tenant: tenant, epoch: .maintenance),
            "a prepared tenant has a head"
        )
    }

    /// Runs `body` and fails unless head and log are afterwards what they were before.
    func unchanged(_ tenant: TenantID, by what: String, _ body: () async throws -> Void) async throws {
        let head = try await store.head(tenant: tenant, epoch: .maintenance)
        let log = try await log(tenant)
        try await body()
        try expectEqual(try await store.head(tenant: tenant, epoch: .maintenance), head, "the head after \(what)")
        try expectEqual(try await self.log(tenant).map(\.checkpoint), log.map(\.checkpoint), "the log after \(what)")
    }

    /// The store after a restart; `nil` when the suite cannot restart it.
    func reopened() async throws -> EventBed? {
        guard let reopen = suite.reopen else { return nil }
        await store.close()
        return EventBed(store: try await reopen(store), suite: suite, name: "reopened")
    }
}

extension StoredEvent {
    /// Everything but the position, as bytes: two events with equal bytes and positions are the same, text by text.
    var fingerprint: [UInt8] { canonicalBSON }
}
