internal import Synchronization

/// What the writers felt: every call with its phase, its length and how it ended.
final class CallBook: Sendable {
    /// A call that has ended.
    struct Call: Sendable {
        let phase: Phase
        let isAppend: Bool
        /// Since the book was opened.
        let start: Duration
        let end: Duration
        let failed: Bool

        var length: Duration { end - start }
    }

    private struct State {
        var phase = Phase.beforeTheMove
        var inFlight = 0
        var calls: [Call] = []
        var appends: [Phase: Int] = [:]
        var problems: [String] = []
        var isClosed = false
    }

    private let opened = ContinuousClock.now
    private let state = Mutex(State())

    /// The time since the book was opened.
    var now: Duration { opened.duration(to: .now) }

    /// The phase that calls which begin now belong to.
    var phase: Phase {
        get { state.withLock(\.phase) }
        set { state.withLock { $0.phase = newValue } }
    }

    /// Whether the writers are to end after the call that is under way.
    var isClosed: Bool { state.withLock(\.isClosed) }

    /// Tells the writers to end.
    func close() { state.withLock { $0.isClosed = true } }

    /// How many calls have begun and not ended.
    var inFlight: Int { state.withLock(\.inFlight) }

    /// All calls that have ended, in the order of their ends.
    var calls: [Call] { state.withLock(\.calls) }

    /// What the writers saw that must not be, in sentences.
    var problems: [String] { state.withLock(\.problems) }

    /// How many appends of a phase were acknowledged.
    func acknowledgedAppends(in phase: Phase) -> Int { state.withLock { $0.appends[phase, default: 0] } }

    /// Notes something that must not be.
    func note(_ problem: String) { state.withLock { $0.problems.append(problem) } }

    /// Runs a call and writes it down, whichever way it ends.
    func timing<Result: Sendable>(append isAppend: Bool, _ body: () async throws -> Result) async throws -> Result {
        let start = now
        let phase = state.withLock { state in
            state.inFlight += 1
            return state.phase
        }
        func end(failed: Bool) {
            state.withLock { state in
                // Taken under the lock, so that the book is in the order of the ends.
                let call = Call(phase: phase, isAppend: isAppend, start: start, end: now, failed: failed)
                state.inFlight -= 1
                state.calls.append(call)
                if isAppend, !failed { state.appends[phase, default: 0] += 1 }
            }
        }
        do {
            let result = try await body()
            end(failed: false)
            return result
        } catch {
            end(failed: true)
            throw error
        }
    }
}
