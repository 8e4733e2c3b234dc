internal import DequeModule
package import MigrationCore

/// Lets tasks through one by one, in the order in which they came.
package final class Turnstile: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var isTaken = false
        var waiters: Deque<Waiter> = []
        var nextID: UInt64 = 0
        var cancelled: Set<UInt64> = []
    }

    private let state = Locked(State())

    package init() {}

    /// Runs a body when everybody who came earlier has run theirs.
    ///
    /// - Throws: what the body throws, or `cancelled` when the task is cancelled before its turn comes.
    package func inTurn<Result>(
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        guard await enter() else {
            throw StoreError(.cancelled, "The task was cancelled while it waited for its turn.")
        }
        defer { leave() }
        return try await body()
    }

    /// Returns true when it is this task's turn, and false when the task was cancelled before.
    private func enter() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let entered = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let answer: Bool? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return false }
                    if !state.isTaken {
                        state.isTaken = true
                        return true
                    }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter: Waiter? = state.withLock { state in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(returning: false)
        }
        _ = state.withLock { $0.cancelled.remove(id) }
        return entered
    }

    private func leave() {
        let next: Waiter? = state.withLock { state in
            guard let next = state.waiters.popFirst() else {
                state.isTaken = false
                return nil
            }
            return next
        }
        next?.continuation.resume(returning: true)
    }
}
