internal import MigrationCore

/// The tasks that wait for news under a key: part of the state that the news changes, so none can be missed.
struct WaitingRoom<Key: Hashable & Sendable>: Sendable {
    typealias Waiter = CheckedContinuation<Void, Never>

    private var lastTicket: UInt64 = 0
    private var waiters: [Key: [UInt64: Waiter]] = [:]

    var isEmpty: Bool { waiters.isEmpty }

    /// How many tasks wait.
    var count: Int { waiters.values.reduce(0) { $0 + $1.count } }

    /// A number under which a task waits and may leave again.
    mutating func takeTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    mutating func enter(_ waiter: Waiter, under key: Key, ticket: UInt64) {
        waiters[key, default: [:]][ticket] = waiter
    }

    /// Takes one waiter out; `nil` when it was called already or has not entered yet.
    mutating func leave(_ key: Key, ticket: UInt64) -> Waiter? {
        guard let waiter = waiters[key]?.removeValue(forKey: ticket) else { return nil }
        if waiters[key]?.isEmpty == true { waiters[key] = nil }
        return waiter
    }

    /// Takes out all who wait under a key. Resume them once the lock is released.
    mutating func call(_ key: Key) -> [Waiter] {
        guard !waiters.isEmpty, let called = waiters.removeValue(forKey: key) else { return [] }
        return Array(called.values)
    }

    /// Takes out everybody.
    mutating func callAll() -> [Waiter] {
        defer { waiters = [:] }
        return waiters.values.flatMap(\.values)
    }
}

/// State that tasks wait for.
protocol Awaitable: SendableMetatype {
    associatedtype Key: Hashable & Sendable
    var waiting: WaitingRoom<Key> { get set }
}

extension Locked where State: Awaitable {
    /// Waits until somebody calls `key`, until `patience` has passed, or until the task is cancelled.
    ///
    /// `hasNews` is asked under the lock right before the task is parked; with news, or without patience, this returns at once.
    func wait(
        for key: State.Key,
        upTo patience: Duration,
        on clock: any Clock<Duration>,
        unless hasNews: @escaping @Sendable (borrowing State) -> Bool
    ) async {
        guard patience > .zero, !withLock({ hasNews($0) }) else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.park(for: key, unless: hasNews) }
            group.addTask { try? await clock.sleep(for: patience) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Parks until there is news: a call without any parks again.
    private func park(for key: State.Key, unless hasNews: @Sendable (borrowing State) -> Bool) async {
        while !Task.isCancelled, !withLock({ hasNews($0) }) { await parkOnce(for: key, unless: hasNews) }
    }

    private func parkOnce(for key: State.Key, unless hasNews: @Sendable (borrowing State) -> Bool) async {
        let ticket = withLock { $0.waiting.takeTicket() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                // A cancellation that comes later waits for the lock, and then finds the waiter.
                let isParked = withLock { state in
                    guard !Task.isCancelled, !hasNews(state) else { return false }
                    state.waiting.enter(waiter, under: key, ticket: ticket)
                    return true
                }
                if !isParked { waiter.resume() }
            }
        } onCancel: {
            withLock { $0.waiting.leave(key, ticket: ticket) }?.resume()
        }
    }
}
