internal import MigrationCore

/// A clock for durations that stands still until a test moves it.
///
/// Pass it wherever `any Clock<Duration>` is asked for. ``advance(by:)`` wakes the sleepers whose deadline has come, in the
/// order of their deadlines, and sleepers with the same deadline in the order in which they fell asleep. A sleeper whose
/// task is cancelled wakes at once with `CancellationError`.
///
/// ```swift
/// let clock = ManualClock()
/// async let result = retry(clock: clock)
/// await clock.waitForSleepers(1)
/// clock.advance(by: .seconds(5))
/// ```
public final class ManualClock: Clock, Sendable {
    /// A point on the clock: the time since it was made.
    public struct Instant: InstantProtocol, Hashable, Sendable {
        /// The time since the clock was made.
        public let offset: Duration

        /// Makes an instant at a time since the clock was made.
        public init(offset: Duration) { self.offset = offset }

        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        public static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private struct Sleeper {
        let deadline: Instant
        let order: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Waiter {
        let order: UInt64
        let count: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextOrder: UInt64 = 0
        var sleepers: [Sleeper] = []
        var waiters: [Waiter] = []
        var cancelled: Set<UInt64> = []
    }

    private let state = Locked(State())

    /// Makes a clock at zero.
    public init() {}

    /// The time that it shows.
    public var now: Instant { state.withLock { $0.now } }

    /// Zero: every sleep ends exactly when the clock is moved there.
    public var minimumResolution: Duration { .zero }

    /// How many tasks sleep on it now.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// When the next sleeper wakes; `nil` when nobody sleeps.
    public var nextDeadline: Instant? { state.withLock { $0.sleepers.map(\.deadline).min() } }

    /// Sleeps until the clock is moved to the deadline. Throws `CancellationError` when the task is cancelled.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let order = nextOrder()
        let woke = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.cancelled.remove(order) != nil { return false }
                    if deadline <= state.now { return true }
                    state.sleepers.append(Sleeper(deadline: deadline, order: order, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) } else { tellWaiters() }
            }
        } onCancel: {
            let sleeper: Sleeper? = state.withLock { state in
                guard let index = state.sleepers.firstIndex(where: { $0.order == order }) else {
                    state.cancelled.insert(order)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(returning: false)
        }
        _ = state.withLock { $0.cancelled.remove(order) }
        if !woke { throw CancellationError() }
    }

    /// Moves the clock forward and wakes the sleepers whose deadline has come, in order.
    public func advance(by duration: Duration) { advance(to: now.advanced(by: duration)) }

    /// Moves the clock forward to an instant; an earlier one changes nothing.
    public func advance(to instant: Instant) {
        let woken: [Sleeper] = state.withLock { state in
            state.now = max(state.now, instant)
            let now = state.now
            let woken = state.sleepers.filter { $0.deadline <= now }
            state.sleepers.removeAll { $0.deadline <= now }
            return woken.sorted { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
        }
        for sleeper in woken { sleeper.continuation.resume(returning: true) }
    }

    /// Waits until at least `count` tasks sleep on the clock. Throws `CancellationError` when the task is cancelled.
    public func waitForSleepers(_ count: Int) async throws {
        let order = nextOrder()
        let reached = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.cancelled.remove(order) != nil { return false }
                    if state.sleepers.count >= count { return true }
                    state.waiters.append(Waiter(order: order, count: count, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter: Waiter? = state.withLock { state in
                guard let index = state.waiters.firstIndex(where: { $0.order == order }) else {
                    state.cancelled.insert(order)
                    return nil
                }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(returning: false)
        }
        _ = state.withLock { $0.cancelled.remove(order) }
        if !reached { throw CancellationError() }
    }

    private func tellWaiters() {
        let ready: [Waiter] = state.withLock { state in
            let count = state.sleepers.count
            let ready = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return ready
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
    }

    private func nextOrder() -> UInt64 {
        state.withLock { state in
            state.nextOrder += 1
            return state.nextOrder
        }
    }
}
