internal import DequeModule

/// Where calls wait, first in first out, while their tenant's cutover is decided.
///
/// One of the waiting calls of a tenant, the *driver*, looks after the route; the others sleep. When the driver leaves without
/// a decision, because it was cancelled or its own time is over, the next in line becomes the driver. So the gate needs no
/// background task, and one parked call is enough to end a cutover whose coordinator died.
package final class WriteGate: Sendable {
    /// What a call does next.
    enum Verdict: Sendable, Hashable {
        /// Look at the route again and go on.
        case proceed
        /// Look after the route on behalf of all.
        case drive
        /// The call has waited as long as it may.
        case expired
        /// The call's task was cancelled.
        case cancelled
        /// As many calls wait as may wait.
        case full
    }

    private struct Waiter {
        let id: UInt64
        let deadline: Duration
        let continuation: CheckedContinuation<Verdict, Never>
    }

    private struct Line {
        var waiters = Deque<Waiter>()
        /// Calls in line, with the driver.
        var count: Int { waiters.count + 1 }
    }

    private struct State {
        /// Tenants with a driver.
        var lines: [TenantID: Line] = [:]
        /// How many calls have been parked during the cutovers that this process decides now.
        var counts: [TenantID: [Epoch: Int]] = [:]
        var nextID: UInt64 = 0

        mutating func countArrival(of tenant: TenantID) {
            guard let epochs = counts[tenant]?.keys else { return }
            for epoch in epochs { counts[tenant]?[epoch]? += 1 }
        }
    }

    private let state = Locked(State())

    init() {}

    /// How many calls wait for a tenant.
    package func parkedCount(of tenant: TenantID) -> Int {
        state.withLock { $0.lines[tenant]?.count ?? 0 }
    }

    /// Counts the calls that are parked for a cutover, until ``stopCounting(_:under:)``.
    func startCounting(_ tenant: TenantID, under epoch: Epoch) {
        state.withLock { $0.counts[tenant, default: [:]][epoch] = $0.lines[tenant]?.count ?? 0 }
    }

    /// How many calls have been parked for a cutover, those that have gone on included.
    func count(of tenant: TenantID, under epoch: Epoch) -> Int {
        state.withLock { $0.counts[tenant]?[epoch] ?? 0 }
    }

    func stopCounting(_ tenant: TenantID, under epoch: Epoch) {
        state.withLock { state in
            state.counts[tenant]?[epoch] = nil
            if state.counts[tenant]?.isEmpty == true { state.counts[tenant] = nil }
        }
    }

    /// Gets in line; returns at once with ``Verdict/drive`` for the first.
    func enter(_ tenant: TenantID, deadline: Duration, maximumCount: Int) async -> Verdict {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let verdict = state.withLock { state -> Verdict? in
                    if Task.isCancelled { return .cancelled }
                    guard let count = state.lines[tenant]?.count else {
                        state.lines[tenant] = Line()
                        state.countArrival(of: tenant)
                        return .drive
                    }
                    guard count < maximumCount else { return .full }
                    state.countArrival(of: tenant)
                    state.lines[tenant]?.waiters.append(Waiter(id: id, deadline: deadline, continuation: continuation))
                    return nil
                }
                if let verdict { continuation.resume(returning: verdict) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.lines[tenant]?.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.lines[tenant]?.waiters.remove(at: index)
            }
            waiter?.continuation.resume(returning: .cancelled)
        }
    }

    /// The driver saw the route change: everyone goes on, in the order of arrival.
    func open(_ tenant: TenantID) {
        let line = state.withLock { $0.lines.removeValue(forKey: tenant) }
        let waiters = Mutant.gateIsUnfair.isOn ? Deque((line?.waiters ?? []).reversed()) : line?.waiters ?? []
        for waiter in waiters { waiter.continuation.resume(returning: .proceed) }
    }

    /// The driver leaves without a decision: the next in line becomes the driver.
    func abdicate(_ tenant: TenantID) {
        let next = state.withLock { state -> Waiter? in
            guard let next = state.lines[tenant]?.waiters.popFirst() else {
                state.lines[tenant] = nil
                return nil
            }
            return next
        }
        next?.continuation.resume(returning: .drive)
    }

    /// The driver tells the time: calls that have waited as long as they may leave.
    func expire(_ tenant: TenantID, now: Duration) {
        let expired = state.withLock { state -> [Waiter] in
            guard let waiters = state.lines[tenant]?.waiters, waiters.contains(where: { $0.deadline <= now }) else {
                return []
            }
            state.lines[tenant]?.waiters.removeAll { $0.deadline <= now }
            return waiters.filter { $0.deadline <= now }
        }
        for waiter in expired { waiter.continuation.resume(returning: .expired) }
    }
}
