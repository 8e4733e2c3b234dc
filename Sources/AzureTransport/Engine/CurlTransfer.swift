internal import MigrationCore

/// One exchange as its caller and the engine see it together.
final class CurlTransfer: Sendable {
    typealias Answer = Result<HTTPResponse, TransportError>

    enum Delivery: Sendable {
        /// The answer is complete or it is an error.
        case collected(maximumBytes: Int)
        /// The answer is its head; the body goes through the pipe.
        case streamed(DownloadPipe)
    }

    /// Safety: whoever takes the waiter out under the lock resumes it, and nobody else can.
    @safe private struct State {
        var isCancelled = false
        var waiter: UnsafeContinuation<Answer, Never>?
    }

    let request: HTTPRequest
    let delivery: Delivery
    /// What a streamed body comes out of; nil for every other body.
    let upload: UploadPipe?
    /// When the exchange is given up: `total`, counted from now, or the deadline, whichever is first.
    let limit: TransportTime?
    private let inbox: CurlInbox
    private let state = Locked(State())

    init(_ request: HTTPRequest, _ delivery: Delivery, _ inbox: CurlInbox, upload: UploadPipe? = nil) {
        self.request = request
        self.delivery = delivery
        self.upload = upload
        self.inbox = inbox
        let total = request.timeouts.total.map { TransportTime.now + TransportInterval($0) }
        self.limit = if let total, let end = request.end { min(total, end) } else { total ?? request.end }
    }

    // MARK: The caller

    /// Starts the exchange and waits for its answer. Called once.
    func answer() async -> Answer {
        await withTaskCancellationHandler {
            // A checked one allocates, and its layout is hidden from the compiler, and with it that of the state.
            unsafe await withUnsafeContinuation { continuation in
                state.withLock { unsafe $0.waiter = continuation }
                if !inbox.put(.start(self)) { finish(with: stopped) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// The engine ends the exchange and answers with `cancelled`, as only it knows how far the request came.
    func cancel() {
        state.withLock { $0.isCancelled = true }
        inbox.put(.attend(self))
    }

    /// Asks the engine to look at its pipes again.
    func callForAttention() {
        inbox.put(.attend(self))
    }

    // MARK: The engine

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Gives the answer, or the head of one, to the caller.
    func succeed(with response: HTTPResponse) {
        resume(with: .success(response))
    }

    /// The exchange is over; nil means that it ended as it should.
    func finish(with error: TransportError?) {
        upload?.close()
        if let error { resume(with: .failure(error)) }
        if case .streamed(let pipe) = delivery { pipe.finish(with: error) }
    }

    func error(
        _ code: TransportError.Code,
        _ message: String,
        mayHaveArrived: Bool,
        underlying: (any Error)? = nil
    ) -> TransportError {
        TransportError(
            code,
            message,
            host: request.url.host,
            requestMayHaveArrived: mayHaveArrived,
            underlying: underlying
        )
    }

    private var stopped: TransportError {
        error(.stopped, "The transport was stopped.", mayHaveArrived: false)
    }

    private func resume(with answer: Answer) {
        let waiter = unsafe state.withLock { state -> UnsafeContinuation<Answer, Never>? in
            defer { unsafe state.waiter = nil }
            return unsafe state.waiter
        }
        unsafe waiter?.resume(returning: answer)
    }
}

extension CurlTransfer {
    /// The next chunk of a streamed answer.
    ///
    /// - Parameter owner: what has to live as long as somebody waits.
    func nextChunk(of pipe: DownloadPipe, keeping owner: CurlTransport) async throws(TransportError) -> [UInt8]? {
        let chunk = await withTaskCancellationHandler {
            await pipe.next { callForAttention() }
        } onCancel: {
            cancelStream(pipe)
        }
        withExtendedLifetime(owner) {}
        return try chunk.get()
    }

    /// Gives a streamed answer up: its reader is told at once, the engine when it looks.
    func cancelStream(_ pipe: DownloadPipe) {
        let wasOpen = pipe.abandon(
            with: error(.cancelled, "The stream was given up.", mayHaveArrived: true)
        )
        if wasOpen { cancel() }
    }
}
