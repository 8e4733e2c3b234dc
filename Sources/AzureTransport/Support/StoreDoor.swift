package import MigrationCore

/// What every call of a store passes: refused once the store is closed or the task cancelled, and errors name the store.
package final class StoreDoor: Sendable {
    private struct State {
        var isClosed = false
        var inside = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let id: StoreID
    private let end: @Sendable () async -> Void
    private let state = Locked(State())

    /// - Parameter end: lets go of what the store owns; called once, when the last call under way has finished.
    package init(_ id: StoreID, end: @escaping @Sendable () async -> Void = {}) {
        self.id = id
        self.end = end
    }

    /// Runs a call.
    package func enter<Result>(_ body: () async throws(StoreError) -> Result) async throws(StoreError) -> Result {
        try admit()
        defer { leave() }
        do throws(StoreError) {
            return try await body()
        } catch {
            throw error.from(id)
        }
    }

    /// Lets a call in, which ends with ``leave()``. Where it fits, ``enter(_:)`` does both.
    package func admit() throws(StoreError) {
        guard !Task.isCancelled else {
            throw StoreError(
                .cancelled,
                "The calling task was cancelled before the store began; nothing was applied."
            ).from(id)
        }
        let isOpen = state.withLock { state in
            guard !state.isClosed else { return false }
            state.inside += 1
            return true
        }
        guard isOpen else { throw StoreError(.closed, "The store was closed; connect again.").from(id) }
    }

    /// Ends what ``admit()`` began.
    package func leave() {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.inside -= 1
            guard state.inside == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Refuses calls from now on, and returns when those under way have finished. Closing again does nothing more.
    package func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isIdle = state.withLock { state in
                guard state.inside > 0 else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
        if isFirst { await end() }
    }
}
