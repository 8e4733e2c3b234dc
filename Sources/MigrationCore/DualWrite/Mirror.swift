internal import DequeModule

/// Offers to targets what sources have acknowledged: the part of dual-writing that no caller waits for, or waits for briefly.
///
/// An offer is conditional on the target's head, position and digest. Whatever a mirror does not do, for whatever reason, the
/// coordinator's tail does; so its work may be dropped at any time without losing or reordering anything.
final class Mirror: Sendable {
    /// A run of positions that one tenant's target may lack.
    private struct Work {
        var range: ClosedRange<Int64>
        let migration: MigrationID
    }

    private struct State {
        var works: [TenantID: Work] = [:]
        /// Tenants with work that nobody has taken, oldest first.
        var order = Deque<TenantID>()
        /// Tenants whose work is under way; they are taken by no second worker, so that offers stay in order.
        var active: Set<TenantID> = []
        var breakers: [StoreID: CircuitBreaker] = [:]
        var statistics: [MigrationID: MirrorStatistics] = [:]
        /// The last position of each tenant whose offer has ended, one way or the other.
        var offered: [TenantID: Int64] = [:]
        var isRunning = false
    }

    private let control: ControlStore
    private let stores: StoreRegistry
    private let breaker: CircuitBreaker.Configuration
    private let maximumBatchEvents: Int
    private let gatheringTime: Duration
    private let metrics = MirrorMetrics()
    private let state = Locked(State())
    private let arrivals = WaitList<Int>()
    private let endings = WaitList<TenantID>()

    init(
        control: ControlStore,
        stores: StoreRegistry,
        maximumBatchEvents: Int,
        gatheringTime: Duration = .zero,
        breaker: CircuitBreaker.Configuration = CircuitBreaker.Configuration()
    ) {
        self.control = control
        self.stores = stores
        self.maximumBatchEvents = maximumBatchEvents
        self.gatheringTime = gatheringTime
        self.breaker = breaker
    }

    // MARK: Work in the background

    /// Notes that positions may be missing in the target of a tenant's migration. Dropped unless ``run(workers:)`` is running.
    func enqueue(_ tenant: TenantID, _ range: ClosedRange<Int64>, migration: MigrationID) {
        let isNew = state.withLock { state in
            guard state.isRunning else { return false }
            guard let work = state.works[tenant], work.migration == migration else {
                if state.works.updateValue(Work(range: range, migration: migration), forKey: tenant) == nil {
                    state.order.append(tenant)
                }
                return true
            }
            let first = min(work.range.lowerBound, range.lowerBound)
            state.works[tenant]?.range = first...max(work.range.upperBound, range.upperBound)
            return false
        }
        if isNew { arrivals.signal(0) }
    }

    /// Works until the task is cancelled.
    func run(workers: Int) async {
        state.withLock { $0.isRunning = true }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<workers { group.addTask { await self.work() } }
        }
        state.withLock { state in
            state.isRunning = false
            state.works = [:]
            state.order = []
            state.offered = [:]
        }
    }

    /// Waits until the offer of a position has ended, at most for a duration. Returns at once when nobody works on it.
    func waitUntilOffered(_ tenant: TenantID, _ position: Int64, upTo patience: Duration) async {
        let deadline = control.timeline.now + patience
        while !Task.isCancelled {
            let isOver = await endings.withTicket(for: tenant) { ticket in
                let isOver = state.withLock { state in
                    let isUnderWay = state.works[tenant] != nil || state.active.contains(tenant)
                    return !state.isRunning || !isUnderWay || state.offered[tenant, default: 0] >= position
                }
                let rest = deadline - control.timeline.now
                guard !isOver, rest > .zero else { return true }
                await endings.wait(ticket, upTo: rest, on: control.timeline)
                return false
            }
            if isOver { return }
        }
    }

    private func work() async {
        while !Task.isCancelled {
            let done = await arrivals.withTicket(for: 0) { ticket in
                guard let (tenant, work) = take() else {
                    await arrivals.wait(ticket)
                    return false
                }
                let gathered = await gather(work, of: tenant)
                await offer(tenant, gathered.range, migration: gathered.migration)
                finish(tenant, through: gathered.range.upperBound)
                return true
            }
            if done { await Task.yield() }
        }
    }

    private func take() -> (TenantID, Work)? {
        state.withLock { state in
            guard let index = state.order.firstIndex(where: { !state.active.contains($0) }) else { return nil }
            let tenant = state.order.remove(at: index)
            guard let work = state.works.removeValue(forKey: tenant) else { return nil }
            state.active.insert(tenant)
            return (tenant, work)
        }
    }

    /// Waits for more work of a tenant, so that a busy one's events share an offer; not while another tenant is in line.
    private func gather(_ work: Work, of tenant: TenantID) async -> Work {
        let isAnotherInLine = state.withLock { state in state.order.contains { !state.active.contains($0) } }
        guard gatheringTime > .zero, !isAnotherInLine else { return work }
        try? await control.timeline.sleep(for: gatheringTime)
        return state.withLock { state in
            guard let more = state.works[tenant], more.migration == work.migration else { return work }
            state.works[tenant] = nil
            state.order.removeAll { $0 == tenant }
            var all = work
            all.range =
                min(work.range.lowerBound, more.range.lowerBound)...max(work.range.upperBound, more.range.upperBound)
            return all
        }
    }

    private func finish(_ tenant: TenantID, through position: Int64) {
        let hasMore = state.withLock { state in
            state.active.remove(tenant)
            let hasMore = state.works[tenant] != nil
            state.offered[tenant] = hasMore ? position : nil
            return hasMore
        }
        endings.signal(tenant)
        if hasMore { arrivals.signal(0) }
    }

    // MARK: One offer

    /// Offers a run of positions to the target of the tenant's migration, if it still follows. Never throws: the tail heals.
    func offer(_ tenant: TenantID, _ range: ClosedRange<Int64>, migration: MigrationID) async {
        guard let route = control.cache.snapshot(of: tenant)?.route, let move = route.move, move.state == .dualWrite,
            move.migration == migration
        else { return }
        let now = control.timeline.now
        var isAdmitted = true
        note(migration, move.target) { breaker, statistics in
            isAdmitted = breaker.admits(at: now)
            if !isAdmitted { statistics.skipped = 1 }
        }
        guard isAdmitted else { return }
        do throws(StoreError) {
            let (mirrored, isBehind) = try await offer(
                range,
                tenant: tenant,
                from: stores.store(route.active),
                to: stores.store(move.target),
                epoch: route.epoch
            )
            note(migration, move.target) { breaker, statistics in
                breaker.succeeded()
                statistics.mirroredEvents = Int64(mirrored)
                if isBehind { statistics.leftToTail = 1 }
            }
        } catch {
            let now = control.timeline.now
            note(migration, move.target) { breaker, statistics in
                switch error.code {
                case .cancelled, .fenced, .epochConflict, .storeIsActive, .tenantNotPrepared:
                    // The caller's time is over, or the migration has moved on: no judgement of the store.
                    breaker.withdrawn(at: now)
                    statistics.leftToTail = 1
                default:
                    breaker.failed(at: now)
                    statistics.totalFailures = 1
                    statistics.lastFailure = error.code.description
                }
            }
        }
    }

    private func offer(
        _ range: ClosedRange<Int64>,
        tenant: TenantID,
        from source: any FencedEventStore,
        to target: any FencedEventStore,
        epoch: Epoch
    ) async throws(StoreError) -> (mirrored: Int, isBehind: Bool) {
        guard var place = try await source.checkpoint(tenant: tenant, at: range.lowerBound - 1, epoch: .maintenance)
        else {
            return (0, true)
        }
        var mirrored = 0
        let limit = min(maximumBatchEvents, target.capabilities.maximumAppendEvents)
        while place.position < range.upperBound {
            let count = min(limit, Int(range.upperBound - place.position))
            let events = try await source.readLog(
                tenant: tenant,
                after: place.position,
                limit: count,
                epoch: .maintenance
            )
            guard let last = events.last else { return (mirrored, true) }
            switch try await target.offer(events, tenant: tenant, after: place, epoch: epoch) {
            case .behind where Mutant.mirrorTakesBehindForDone.isOn: mirrored += events.count
            case .behind: return (mirrored, true)
            case .applied(_, let appended): mirrored += appended
            }
            place = last.checkpoint
        }
        return (mirrored, false)
    }

    /// Lets a breaker judge, and adds what is counted with it, from zero, to the statistics and the metrics.
    private func note(
        _ migration: MigrationID,
        _ target: StoreID,
        _ judge: (inout CircuitBreaker, inout MirrorStatistics) -> Void
    ) {
        var added = MirrorStatistics()
        state.withLock { state in
            judge(&state.breakers[target, default: CircuitBreaker(self.breaker)], &added)
            state.statistics[migration] = (state.statistics[migration] ?? MirrorStatistics()) + added
        }
        metrics.add(added)
    }

    /// The targets whose circuit is open, ordered by id.
    var openCircuits: [StoreID] {
        state.withLock { state in state.breakers.filter { $0.value.isOpen }.map(\.key).sorted() }
    }

    // MARK: Statistics

    /// What was done for a migration since the last time that it was taken.
    func statistics(of migration: MigrationID) -> MirrorStatistics {
        state.withLock { $0.statistics[migration] ?? MirrorStatistics() }
    }

    /// Takes what was counted since the last time, to be added to what is stored.
    func takeStatistics() -> [(migration: MigrationID, statistics: MirrorStatistics)] {
        let taken = state.withLock { state in
            defer { state.statistics = [:] }
            return state.statistics
        }
        return taken.map { ($0.key, $0.value) }.sorted { $0.migration.description < $1.migration.description }
    }

    /// Puts back what could not be stored.
    func putBack(_ statistics: MirrorStatistics, for migration: MigrationID) {
        state.withLock { $0.statistics[migration] = statistics + ($0.statistics[migration] ?? MirrorStatistics()) }
    }
}
