/// Tasks that wait until something happens to a key, woken all at once.
///
/// A waiter registers a ticket first, then looks whether it still has to wait, and only then waits: what happens in between
/// wakes it at once, so nothing is missed. A cancelled waiter returns at once.
package final class WaitList<Key: Hashable & Sendable>: Sendable {
    private struct State {
        /// How often each key with tickets was signalled since they were taken.
        var entries: [Key: Entry] = [:]
        var nextWaiter: UInt64 = 0
    }

    private struct Entry {
        var signals: UInt64 = 0
        var tickets = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    /// A place from which on signals count for a waiter.
    package struct Ticket: Sendable {
        let key: Key
        let signals: UInt64
    }

    private let state = Locked(State())

    package init() {}

    /// Runs a closure with a ticket; signals from now on are seen by ``wait(_:)``.
    package func withTicket<Result, Failure: Error>(
        for key: Key,
        _ body: (Ticket) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let ticket = state.withLock { state in
            state.entries[key, default: Entry()].tickets += 1
            return Ticket(key: key, signals: state.entries[key]?.signals ?? 0)
        }
        defer {
            state.withLock { state in
                state.entries[key]?.tickets -= 1
                if state.entries[key]?.tickets == 0 { state.entries[key] = nil }
            }
        }
        return try await body(ticket)
    }

    /// Waits until the key is signalled after the ticket was taken, or until the task is cancelled.
    package func wait(_ ticket: Ticket) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard let entry = state.entries[ticket.key], entry.signals == ticket.signals, !Task.isCancelled
                    else {
                        return false
                    }
                    state.entries[ticket.key]?.waiters[id] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.entries[ticket.key]?.waiters.removeValue(forKey: id) }?.resume()
        }
    }

    /// Wakes everyone who holds a ticket for the key, in the order in which they began to wait.
    package func signal(_ key: Key) {
        let waiters = state.withLock { state -> [UInt64: CheckedContinuation<Void, Never>] in
            guard state.entries[key] != nil else { return [:] }
            state.entries[key]?.signals += 1
            let waiters = state.entries[key]?.waiters ?? [:]
            state.entries[key]?.waiters = [:]
            return waiters
        }
        for (_, waiter) in waiters.sorted(by: { $0.key < $1.key }) { waiter.resume() }
    }
}

extension WaitList {
    /// Waits until the key is signalled, a duration has passed, or the task is cancelled, whichever is first.
    package func wait(_ ticket: Ticket, upTo duration: Duration, on timeline: Timeline) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(ticket) }
            group.addTask { try? await timeline.sleep(for: duration) }
            await group.next()
            group.cancelAll()
        }
    }
}
