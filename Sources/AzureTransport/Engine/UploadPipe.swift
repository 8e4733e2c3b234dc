internal import MigrationCore

/// The bytes of a streamed body on their way from its source to the engine: one chunk at a time.
final class UploadPipe: Sendable {
    private struct State {
        var chunk: [UInt8]?
        var producer: CheckedContinuation<Bool, Never>?
        /// The engine has asked in vain and has paused.
        var isStarved = false
        var isClosed = false
        var failure: TransportError?
    }

    private let state = Locked(State())

    // MARK: The source

    /// Hands a chunk over and waits until the engine has taken it; false if nobody wants it any more.
    ///
    /// - Parameter resume: called when the engine waits for it.
    func offer(_ chunk: [UInt8], resume: () -> Void) async -> Bool {
        await withCheckedContinuation { continuation in
            let (isClosed, isStarved) = state.withLock { state -> (Bool, Bool) in
                if state.isClosed { return (true, false) }
                state.chunk = chunk
                state.producer = continuation
                return (false, state.isStarved)
            }
            if isClosed { continuation.resume(returning: false) } else if isStarved { resume() }
        }
    }

    /// The source cannot go on; the engine ends the exchange with this error.
    func fail(with error: TransportError) {
        state.withLock { $0.failure = error }
    }

    // MARK: The engine

    var failure: TransportError? { state.withLock { $0.failure } }

    /// The next chunk, or nil: then the engine pauses until there is one.
    func take() -> [UInt8]? {
        let (chunk, producer) = state.withLock { state -> ([UInt8]?, CheckedContinuation<Bool, Never>?) in
            guard let chunk = state.chunk else {
                state.isStarved = true
                return (nil, nil)
            }
            defer {
                state.chunk = nil
                state.producer = nil
            }
            return (chunk, state.producer)
        }
        producer?.resume(returning: true)
        return chunk
    }

    /// Whether the engine has paused and may go on; asked once for each pause.
    func endPause() -> Bool {
        state.withLock { state in
            guard state.isStarved, state.chunk != nil else { return false }
            state.isStarved = false
            return true
        }
    }

    /// Nothing more is taken; a source that waits is let go.
    func close() {
        let producer = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.isClosed = true
            state.chunk = nil
            defer { state.producer = nil }
            return state.producer
        }
        producer?.resume(returning: false)
    }
}
