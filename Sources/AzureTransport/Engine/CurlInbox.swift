internal import CutoverCCurl
internal import MigrationCore

/// What other threads ask of the engine's thread.
final class CurlInbox: Sendable {
    enum Command: Sendable {
        /// Begin an exchange.
        case start(CurlTransfer)
        /// Look at one again: it was cancelled, its reader has made room, or its source has more.
        case attend(CurlTransfer)
    }

    private struct State {
        var commands: [Command] = []
        var waker: CurlWaker?
        var isAsleep = false
        var isStopping = false

        /// Under the lock, so that the multi handle cannot go meanwhile.
        mutating func wake() {
            guard isAsleep else { return }
            isAsleep = false
            waker?.wake()
        }
    }

    private let state = Locked(State())

    /// False if the engine was stopped; the command is then dropped.
    @discardableResult
    func put(_ command: Command) -> Bool {
        state.withLock { state in
            if state.isStopping { return false }
            state.commands.append(command)
            state.wake()
            return true
        }
    }

    /// No further command is taken; the thread ends what it has.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            state.wake()
        }
    }

    // MARK: The engine's thread

    /// What wakes the thread up from now on; nil once its multi handle is about to go.
    func use(_ waker: CurlWaker?) {
        state.withLock { $0.waker = waker }
    }

    /// Everything that has arrived, in order.
    func take() -> (commands: [Command], isStopping: Bool) {
        state.withLock { state in
            state.isAsleep = false
            defer { state.commands.removeAll(keepingCapacity: true) }
            return (state.commands, state.isStopping)
        }
    }

    /// Whether the thread may go to sleep: from a yes on, whoever puts something in wakes it.
    func mayRest() -> Bool {
        state.withLock { state in
            state.isAsleep = state.commands.isEmpty && !state.isStopping
            return state.isAsleep
        }
    }
}

/// The one thing that other threads may do with a multi handle.
///
/// Safety: `curl_multi_wakeup` may be called from any thread while the handle lives; the inbox holds this under its lock and
/// forgets it before the handle goes.
@safe struct CurlWaker: @unchecked Sendable {
    private let multi: UnsafeMutableRawPointer

    init(_ multi: UnsafeMutableRawPointer) {
        unsafe self.multi = multi
    }

    func wake() {
        unsafe _ = curl_multi_wakeup(multi)
    }
}
