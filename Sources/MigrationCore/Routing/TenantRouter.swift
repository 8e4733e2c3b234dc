internal import Synchronization

/// The event store that an application holds while its tenants may move: each call goes to the store that is active now.
///
/// The application never learns which store answers. While a tenant's cutover is decided its calls are parked, first in first
/// out, and then go on at the right store: added latency, no error. What a caller has written it reads back, across the move too.
///
/// A tenant's first write creates its route, in its home store; a tenant that is in one of the registered stores already, from
/// a time without a router, gets a route to where it is.
///
/// ```
/// let router = TenantRouter(control: control, stores: stores, home: "sqlite")
/// async let background: Void = router.run()
/// try await router.append(events, to: "order-1", tenant: "acme")
/// ```
///
/// Correctness does not rest on fresh routes: a call under an old route is refused by the store's fence, whereupon the router
/// reads the route again and repeats the call. Nor does it rest on ``run()``: before that is called a route is read again when
/// it is refused and when it is older than ``Configuration/maximumRouteAge``.
public final class TenantRouter: EventStore {
    /// How a router treats routes and parked calls.
    public struct Configuration: Sendable {
        /// How old a route may be for a call to rely on it; it bounds how stale a read can be, not a write.
        public var maximumRouteAge: Duration
        /// How long one call may be parked; it should exceed the coordinators' cutover timeout.
        public var maximumParkTime: Duration
        /// The most calls of one tenant that are parked at once; further ones throw `busy`.
        public var maximumParkedCalls: Int
        /// How often the route is read while calls are parked.
        public var parkedPollInterval: Duration
        /// How often one call is repeated because of a fence before it gives up.
        public var maximumRedirects: Int

        /// Makes a configuration.
        public init(
            maximumRouteAge: Duration = .seconds(1),
            maximumParkTime: Duration = .seconds(10),
            maximumParkedCalls: Int = 10_000,
            parkedPollInterval: Duration = .milliseconds(2),
            maximumRedirects: Int = 32
        ) {
            self.maximumRouteAge = maximumRouteAge
            self.maximumParkTime = maximumParkTime
            self.maximumParkedCalls = maximumParkedCalls
            self.parkedPollInterval = parkedPollInterval
            self.maximumRedirects = maximumRedirects
        }
    }

    let control: ControlStore
    let stores: StoreRegistry
    let home: StoreID
    let configuration: Configuration
    let now: @Sendable () -> WallTime
    let metrics = RoutingMetrics()
    private let isBypassed = Atomic(false)

    /// Makes a router.
    ///
    /// - Parameters:
    ///   - control: the control plane.
    ///   - stores: every store that a route may name.
    ///   - home: where new tenants begin.
    ///   - configuration: ages, bounds and deadlines.
    ///   - now: what events without a record time are stamped with.
    public init(
        control: ControlStore,
        stores: StoreRegistry,
        home: StoreID,
        configuration: Configuration = Configuration(),
        now: @escaping @Sendable () -> WallTime = { .now() }
    ) throws(StoreError) {
        _ = try stores.store(home)
        guard configuration.maximumRouteAge >= .zero, configuration.maximumParkTime > .zero,
            configuration.maximumParkedCalls >= 1, configuration.parkedPollInterval > .zero,
            configuration.maximumRedirects >= 1
        else {
            throw StoreError(
                .invalidConfiguration,
                "Every bound of a router is positive; only the route's age may be zero."
            )
        }
        self.control = control
        self.stores = stores
        self.home = home
        self.configuration = configuration
        self.now = now
    }

    /// The kill switch: while it is set, calls go straight to the store of the route that is known, and nothing else happens.
    ///
    /// No route is read again, no call is parked or repeated, nothing is mirrored. Fences stay: a call that is no longer allowed
    /// throws `fenced` instead of finding its way.
    public var isPassThrough: Bool {
        get { isBypassed.load(ordering: .acquiring) }
        set { isBypassed.store(newValue, ordering: .releasing) }
    }

    /// Keeps the routes of tenants that are in use fresh, until its task is cancelled.
    ///
    /// Call it once, in a task of its own; without it routes are read by the calls that need them.
    public func run() async throws {
        while true {
            try await control.timeline.sleep(for: configuration.maximumRouteAge / 2)
            await refreshRoutesInUse()
        }
    }

    // MARK: EventStore

    public func append(_ parts: [StreamAppend], tenant: TenantID) async throws(StoreError) -> AppendResult {
        let parts = stamped(parts)
        return try await call(tenant, creatingRoute: true) { (store, epoch) async throws(StoreError) in
            try checkFollower(parts, tenant: tenant)
            return try await store.append(parts, tenant: tenant, epoch: epoch)
        }
    }

    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await call(tenant) { (store, epoch) async throws(StoreError) in
            try await store.readStream(stream, tenant: tenant, from: start, limit: limit, epoch: epoch)
        }
    }

    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int
    ) async throws(StoreError) -> [StoredEvent] {
        try await call(tenant) { (store, epoch) async throws(StoreError) in
            try await store.readLog(tenant: tenant, after: position, limit: limit, epoch: epoch)
        }
    }

    public func head(tenant: TenantID) async throws(StoreError) -> TenantHead? {
        try await call(tenant) { (store, epoch) async throws(StoreError) in
            try await store.head(tenant: tenant, epoch: epoch)
        }
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID) async throws(StoreError) -> Int64 {
        try await call(tenant) { (store, epoch) async throws(StoreError) in
            try await store.streamVersion(stream, tenant: tenant, epoch: epoch)
        }
    }

    public func contains(_ event: EventID, tenant: TenantID) async throws(StoreError) -> Bool {
        try await call(tenant) { (store, epoch) async throws(StoreError) in
            try await store.contains(event, tenant: tenant, epoch: epoch)
        }
    }

    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try EventRules.check(limit: limit)
        var tenants: Set<TenantID> = []
        for store in stores.all { tenants.formUnion(try await store.tenants(after: tenant, limit: limit)) }
        return Array(tenants.sorted().prefix(limit))
    }

    public func subscribe(tenant: TenantID, after checkpoint: LogCheckpoint, pageSize: Int) -> EventSubscription {
        EventSubscription(
            source: RoutedSubscriptionSource(router: self, tenant: tenant),
            tenant: tenant,
            after: checkpoint,
            pageSize: pageSize
        )
    }

    /// While a copy follows the tenant, what the copy's store cannot hold is refused before it is acknowledged.
    private func checkFollower(_ parts: [StreamAppend], tenant: TenantID) throws(StoreError) {
        guard let known = control.cache.snapshot(of: tenant),
            let name = known.route.move?.target ?? known.route.warm?.store, !isPassThrough,
            let follower = try? stores.store(name)
        else { return }
        for (index, part) in parts.enumerated() {
            for event in part.events {
                // Neither version nor position changes the size.
                let placed = StoredEvent(event, at: 1, stream: part.stream, version: 1, recordedAt: now())
                try SizeRules.check(
                    event: placed.canonicalByteCount,
                    step: 0,
                    follower.capabilities,
                    store: follower.id,
                    tenant: tenant,
                    item: index
                )
            }
        }
    }

    /// The record time is set once, before the first attempt, so that every repetition appends the same events.
    private func stamped(_ parts: [StreamAppend]) -> [StreamAppend] {
        guard parts.contains(where: { $0.events.contains { $0.recordedAt == nil } }) else { return parts }
        let time = now()
        return parts.map { part in
            var part = part
            for index in part.events.indices where part.events[index].recordedAt == nil {
                part.events[index].recordedAt = time
            }
            return part
        }
    }
}
