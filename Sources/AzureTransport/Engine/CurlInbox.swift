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
        var isAsleep = false
        var isStopping = false

        /// Whether the thread has to be woken; true for one caller only.
        mutating func endSleep() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    private let state = Locked(State())
    /// Apart from the state, so that nobody waits for the state while another one is in the system to wake the thread.
    private let waker = Locked<CurlWaker?>(nil)

    /// False if the engine was stopped; the command is then dropped.
    @discardableResult
    func put(_ command: Command) -> Bool {
        let (isTaken, mustWake) = state.withLock { state in
            if state.isStopping { return (false, false) }
            state.commands.append(command)
            return (true, state.endSleep())
        }
        if mustWake { wake() }
        return isTaken
    }

    /// No further command is taken; the thread ends what it has.
    func stop() {
        let mustWake = state.withLock { state in
            state.isStopping = true
            return state.endSleep()
        }
        if mustWake { wake() }
    }

    /// Under the lock, so that the multi handle cannot go meanwhile.
    private func wake() {
        waker.withLock { $0?.wake() }
    }

    // MARK: The engine's thread

    /// What wakes the thread up from now on; nil once its multi handle is about to go.
    func use(_ waker: CurlWaker?) {
        self.waker.withLock { $0 = waker }
    }

    /// Takes everything that has arrived, in order, and returns whether the thread is to stop.
    func take(into commands: inout [Command]) -> Bool {
        state.withLock { state in
            state.isAsleep = false
            swap(&state.commands, &commands)
            return state.isStopping
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
/// The inbox forgets it before the handle goes.
///
/// Safety: libcurl lets any thread call `curl_multi_wakeup` while the handle lives, and the lock of the inbox sees to that.
@safe struct CurlWaker: @unchecked Sendable {
    private let multi: UnsafeMutableRawPointer

    init(_ multi: UnsafeMutableRawPointer) {
        unsafe self.multi = multi
    }

    func wake() {
        unsafe _ = curl_multi_wakeup(multi)
    }
}
