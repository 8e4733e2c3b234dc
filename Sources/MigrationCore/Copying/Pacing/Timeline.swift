/// A clock as the library uses it: how much time has passed since it began to look, and how to wait.
///
/// It hides the clock's instant type, so that state machines take plain durations.
package struct Timeline: Sendable {
    private let elapsed: @Sendable () -> Duration
    private let pause: @Sendable (Duration) async throws -> Void

    /// Begins at the clock's present instant.
    package init(_ clock: any Clock<Duration>) {
        // Every call through a router asks for the time; of the usual clock the compiler knows all types.
        self = if let clock = clock as? ContinuousClock { Timeline(from: clock) } else { Timeline(from: clock) }
    }

    @inline(__always)
    private init(from clock: some Clock<Duration>) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        pause = { try await clock.sleep(for: $0) }
    }

    /// The time since the beginning.
    package var now: Duration { elapsed() }

    /// Waits; returns at once for a duration that is not positive. Throws `cancelled` when the task is cancelled.
    package func sleep(for duration: Duration) async throws(StoreError) {
        guard duration > .zero else { return }
        do {
            try await pause(duration)
        } catch {
            throw StoreError(.cancelled, "The task was cancelled while it waited.", underlying: error)
        }
    }
}

extension Duration {
    /// The length in seconds.
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

extension StoreError {
    /// Throws `cancelled` when the current task is cancelled; called between steps that leave a place to go on from.
    static func checkCancellation() throws(StoreError) {
        guard !Task.isCancelled else {
            throw StoreError(.cancelled, "The task was cancelled; start again to go on from what is durably applied.")
        }
    }
}
