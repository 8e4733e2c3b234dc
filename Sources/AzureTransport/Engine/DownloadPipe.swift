internal import MigrationCore

/// The bytes of a streamed answer on their way from the engine to the reader.
///
/// It holds a bounded number of them: when it is full the engine stops receiving, and the server is slowed down by TCP.
final class DownloadPipe: Sendable {
    typealias Chunk = Result<[UInt8]?, TransportError>

    private struct State {
        var bytes: [UInt8] = []
        /// How the stream ends once the bytes are taken.
        var end: Chunk?
        var isPaused = false
        var reader: CheckedContinuation<Chunk, Never>?
    }

    private let capacity: Int
    private let state = Locked(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    // MARK: The reader

    /// Takes what is there, or waits for it. One reader at a time.
    ///
    /// - Parameter resume: called when the engine has paused and there is room again.
    func next(resume: () -> Void) async -> Chunk {
        await withCheckedContinuation { continuation in
            let (chunk, isPaused) = state.withLock { state -> (Chunk?, Bool) in
                precondition(state.reader == nil, "A stream has one reader at a time.")
                if !state.bytes.isEmpty {
                    defer { state.bytes = [] }
                    return (.success(state.bytes), state.isPaused)
                }
                if let end = state.end { return (end, false) }
                state.reader = continuation
                return (nil, state.isPaused)
            }
            if isPaused { resume() }
            if let chunk { continuation.resume(returning: chunk) }
        }
    }

    /// Drops what is there and ends the stream for its reader; false if it had ended before.
    func abandon(with error: TransportError) -> Bool {
        let (wasOpen, reader) = state.withLock { state -> (Bool, CheckedContinuation<Chunk, Never>?) in
            defer {
                state.reader = nil
                state.bytes = []
                state.end = .failure(error)
            }
            return (state.end == nil, state.reader)
        }
        reader?.resume(returning: .failure(error))
        return wasOpen
    }

    // MARK: The engine

    /// Takes bytes in; false means that there is no room and that the engine pauses.
    func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (isAccepted, reader) = state.withLock { state -> (Bool, CheckedContinuation<Chunk, Never>?) in
            guard state.end == nil else { return (true, nil) }
            if let reader = state.reader {
                state.reader = nil
                return (true, reader)
            }
            guard state.bytes.isEmpty || state.bytes.count + bytes.count <= capacity else {
                state.isPaused = true
                return (false, nil)
            }
            unsafe state.bytes.append(contentsOf: bytes)
            return (true, nil)
        }
        if let reader { unsafe reader.resume(returning: .success(Array(bytes))) }
        return isAccepted
    }

    /// Whether the engine has paused and may go on; asked once for each pause.
    func endPause() -> Bool {
        state.withLock { state in
            guard state.isPaused, state.bytes.isEmpty else { return false }
            state.isPaused = false
            return true
        }
    }

    /// The answer is complete, or nothing more will come.
    func finish(with error: TransportError?) {
        let end: Chunk = if let error { .failure(error) } else { .success(nil) }
        let reader = state.withLock { state -> CheckedContinuation<Chunk, Never>? in
            guard state.end == nil else { return nil }
            state.end = end
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: end)
    }
}
