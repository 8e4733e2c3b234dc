internal import Logging

/// Moves tenants from one event store to another, live: starts, watches, cuts over, rolls back and repairs.
///
/// Everything that matters is in the control store: a migration belongs to no process. Any coordinator that has the stores
/// registered can go on with any migration, at any step, after a crash of another one, with nothing to repair by hand. Two
/// coordinators that fight over one migration do no harm: fences and compare-and-swap decide.
///
/// ```
/// let coordinator = try MigrationCoordinator(control: control, stores: stores)
/// async let background: Void = coordinator.run()
/// let id = try await coordinator.start(tenant: "acme", to: "mongo")
/// try await coordinator.waitUntil(.dualWrite, of: id)
/// try await coordinator.cutOver(id)
/// ```
///
/// ``run()`` copies, follows and keeps old stores warm; the other methods change the route and return. Operations say who asked
/// for them with ``Configuration/actor``.
public final class MigrationCoordinator: Sendable {
    /// How a coordinator copies and cuts over. Make another coordinator over the same control store to use other values.
    public struct Configuration: Sendable {
        /// How history and what follows are copied: batch sizes and retries.
        public var copier: EventCopier.Configuration
        /// The most that copies write per second.
        public var rateLimit: RateLimit
        /// How long a cutover may take before it is given up and the tenant is back where it was; by default 5 seconds.
        public var cutoverTimeout: Duration
        /// How many events the target may still lack when the drain has ended; by default 0. Above 0, what it lacks is left
        /// behind in the source and recorded as a branch, as with a forced cutover.
        public var lagThreshold: Int64
        /// The most events that the target may lack for the gate to close, as long as catching up helps: it keeps the pause short.
        ///
        /// Where events are appended as fast as the target takes them, no pass comes closer. Then the gate closes all the same if
        /// the drain is estimated to take at most half of ``cutoverTimeout``, which bounds the pause in any case.
        public var maximumDrainEvents: Int64
        /// How many passes a copy, and the gate of a cutover, make at most to come close.
        public var maximumCatchUpPasses: Int
        /// Whether the old store follows the new one after the move, so that a way back is short; by default it does.
        public var keepsSourceWarm: Bool
        /// Whether an abort removes what was copied; by default it stays.
        public var purgesOnAbort: Bool
        /// Whether the target's log is verified against the source's before the gate closes; by default it is.
        public var verifiesBeforeCutover: Bool
        /// How many migrations this coordinator works on side by side.
        public var maximumParallelMigrations: Int
        /// How often the control store is searched for migrations that nobody works on.
        public var adoptionInterval: Duration
        /// How long a migration stays with a coordinator that no longer renews its lease.
        public var leaseDuration: Duration
        /// How often a route is read again while a migration is worked on.
        public var routePollInterval: Duration
        /// After how long without any advance a copy is called stuck.
        public var stuckAfter: Duration
        /// Who the audit log names.
        public var actor: String

        /// Makes a configuration with the defaults described at each value.
        public init(
            copier: EventCopier.Configuration = EventCopier.Configuration(),
            rateLimit: RateLimit = .unlimited,
            cutoverTimeout: Duration = .seconds(5),
            lagThreshold: Int64 = 0,
            maximumDrainEvents: Int64 = 2_000,
            maximumCatchUpPasses: Int = 50,
            keepsSourceWarm: Bool = true,
            purgesOnAbort: Bool = false,
            verifiesBeforeCutover: Bool = true,
            maximumParallelMigrations: Int = 16,
            adoptionInterval: Duration = .seconds(1),
            leaseDuration: Duration = .seconds(10),
            routePollInterval: Duration = .milliseconds(200),
            stuckAfter: Duration = .seconds(30),
            actor: String = "coordinator"
        ) {
            self.copier = copier
            self.rateLimit = rateLimit
            self.cutoverTimeout = cutoverTimeout
            self.lagThreshold = lagThreshold
            self.maximumDrainEvents = maximumDrainEvents
            self.maximumCatchUpPasses = maximumCatchUpPasses
            self.keepsSourceWarm = keepsSourceWarm
            self.purgesOnAbort = purgesOnAbort
            self.verifiesBeforeCutover = verifiesBeforeCutover
            self.maximumParallelMigrations = maximumParallelMigrations
            self.adoptionInterval = adoptionInterval
            self.leaseDuration = leaseDuration
            self.routePollInterval = routePollInterval
            self.stuckAfter = stuckAfter
            self.actor = actor
        }

        func check() throws(CutoverError) {
            let durations = [cutoverTimeout, adoptionInterval, leaseDuration, routePollInterval, stuckAfter]
            guard durations.allSatisfy({ $0 > .zero }), lagThreshold >= 0, maximumDrainEvents >= 0,
                maximumCatchUpPasses >= 1, maximumParallelMigrations >= 1
            else {
                throw CutoverError(
                    .invalidConfiguration,
                    "Every duration and maximum of a coordinator is positive, and no threshold is negative."
                )
            }
            guard !(keepsSourceWarm && lagThreshold > 0) else {
                throw CutoverError(
                    .invalidConfiguration,
                    "A source that may keep events which are left behind cannot be kept warm; set lagThreshold to 0 or keepsSourceWarm to false."
                )
            }
        }
    }

    let control: ControlStore
    let stores: StoreRegistry
    let configuration: Configuration
    let clock: any Clock<Duration>
    let now: @Sendable () -> WallTime
    let leases: LeaseKeeper
    let rate: RateController
    let board = ProgressBoard()
    let metrics = CoordinatorMetrics()

    var timeline: Timeline { control.timeline }

    /// Makes a coordinator; it does nothing until it is asked or run.
    ///
    /// - Parameters:
    ///   - control: the control plane that all processes share.
    ///   - stores: the stores of the migrations that it is to work on.
    ///   - configuration: how to copy and cut over.
    ///   - name: the name of this process among all that run a coordinator; drawn when it is left out.
    ///   - clock: what everything waits on; the same as that of `control`.
    ///   - now: the wall clock of the audit log.
    /// - Throws: `invalidConfiguration`.
    public init(
        control: ControlStore,
        stores: StoreRegistry,
        configuration: Configuration = Configuration(),
        name: String? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> WallTime = { .now() }
    ) throws(CutoverError) {
        try configuration.check()
        self.control = control
        self.stores = stores
        self.configuration = configuration
        self.clock = clock
        self.now = now
        leases = LeaseKeeper(
            control,
            holder: name ?? EventID(from: control.random).description,
            duration: configuration.leaseDuration,
            timeline: control.timeline
        )
        rate = RateController(configuration.rateLimit, clock: clock)
    }

    /// A copier between two stores, with this coordinator's settings.
    func copier(from source: any FencedEventStore, to target: any FencedEventStore) -> EventCopier {
        EventCopier(
            source: source,
            target: target,
            configuration: configuration.copier,
            rate: rate,
            clock: clock,
            random: control.random
        )
    }

    /// The author of a change that this coordinator makes.
    func author(_ reason: String? = nil) -> ChangeAuthor {
        ChangeAuthor(name: configuration.actor, reason: reason, now: now) { [metrics] in Self.tell($0, metrics) }
    }

    /// Runs calls of stores and says for which tenant they failed.
    func wrapping<Result>(
        _ tenant: TenantID,
        _ body: () async throws(StoreError) -> Result
    ) async throws(CutoverError) -> Result {
        do throws(StoreError) { return try await body() } catch { throw CutoverError(error, tenant: tenant) }
    }

    /// The record of a migration, or `unknownMigration`.
    func require(_ id: MigrationID) async throws(CutoverError) -> MigrationRecord {
        do throws(StoreError) {
            if let record = try await control.record(of: id) { return record }
        } catch {
            throw CutoverError(error)
        }
        throw CutoverError(.unknownMigration, "There is no migration with this id in the control store.")
    }

    /// Changes the route of a migration's tenant, and settles its history.
    @discardableResult
    func change(
        _ record: MigrationRecord,
        reason: String? = nil,
        _ change: RouteChange
    ) async throws(CutoverError) -> Route {
        let route = try await control.change(record.tenant, by: author(reason), against: stores) { _ in change }
        return await settled(route).value
    }

    /// Moves a route's history to where it is kept. What fails is done by whoever reads the route next.
    @discardableResult
    func settled(_ route: Versioned<Route>) async -> Versioned<Route> {
        guard route.value.state != .cutover else { return route }
        do throws(StoreError) { return try await control.settle(route) } catch { return route }
    }

    /// Counts and logs what this process has changed.
    private static func tell(_ entries: [AuditEntry], _ metrics: CoordinatorMetrics) {
        for entry in entries {
            if let state = entry.state { metrics.entered(state) }
            var more: [LogKey: Logger.MetadataValue] = [.operation: "\(entry.operation)", .epoch: "\(entry.number)"]
            if let state = entry.state { more[.state] = "\(state.rawValue)" }
            if let reason = entry.reason { more[.reason] = "\(reason)" }
            Logger.current.debug("A route was changed.", metadata: Logger.Metadata(entry.tenant, entry.migration, more))
        }
    }
}
