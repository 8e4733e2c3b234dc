internal import CutoverCCurl

/// One exchange on the engine's thread: what libcurl calls back into.
final class CurlExchange {
    enum Phase {
        /// In line: the host has as many requests as it may have.
        case waiting
        /// Until the request can be written.
        case connecting
        case sending
        /// Silence after the last byte of the request.
        case sent
        case receiving
    }

    let transfer: CurlTransfer
    /// Where it waits for its turn, and counts while it runs.
    let line: OriginLine
    private let configuration: CurlTransport.Configuration
    /// What the engine is told: that a limit is near, and that a request is being sent.
    private let round: CurlRound
    var handle: CurlHandle?
    private(set) var phase = Phase.waiting
    /// When the phase began, or when bytes last moved in it.
    private(set) var lastProgress: TransportTime
    private let timeouts: Timeouts
    /// Decided before libcurl knows it; its own error then says nothing.
    var failure: TransportError?

    private var head = AnswerHead()
    private var body: [UInt8] = []
    /// What is being sent by the read callback, and how far it has come.
    private var chunk: [UInt8] = []
    private var chunkOffset = 0
    private var hasReadBody = false
    private var isUploadPaused = false
    private var isDownloadPaused = false
    private var connections = 0
    /// On a connection that broke, of a request that may be sent twice.
    private var wasSentBefore = false
    /// Bytes of requests that were counted before this request's first: those of a proxy's tunnel.
    private var foreignBytes = 0
    private var uploadedBytes = 0

    private struct Timeouts {
        let connect: TransportInterval?
        let firstByte: TransportInterval?
        let betweenBytes: TransportInterval?
    }

    init(_ transfer: CurlTransfer, _ configuration: CurlTransport.Configuration, line: OriginLine, round: CurlRound) {
        self.transfer = transfer
        self.configuration = configuration
        self.round = round
        self.line = line
        self.lastProgress = round.now
        let timeouts = transfer.request.timeouts
        self.timeouts = Timeouts(
            connect: timeouts.connect.map(TransportInterval.init),
            firstByte: timeouts.firstByte.map(TransportInterval.init),
            betweenBytes: timeouts.betweenBytes.map(TransportInterval.init)
        )
    }

    func enter(_ phase: Phase) {
        self.phase = phase
        lastProgress = round.now
        round.expect(expiry)
    }

    // MARK: Time

    /// When the exchange is given up if nothing moves.
    var expiry: TransportTime? {
        let own = phaseLimit.map { lastProgress + $0 }
        guard let limit = transfer.limit, !isTotalOver else { return earlier(own, deadline) }
        return earlier(own, limit)
    }

    private var phaseLimit: TransportInterval? {
        switch phase {
        case .waiting: nil
        case .connecting: timeouts.connect
        case .sending: isUploadPaused ? nil : timeouts.betweenBytes
        case .sent: timeouts.firstByte
        case .receiving: isDownloadPaused || isUploadPaused ? nil : timeouts.betweenBytes
        }
    }

    /// The head of a streamed answer ends its total; the deadline stays.
    private var isTotalOver: Bool {
        guard case .streamed = transfer.delivery else { return false }
        return head.isComplete
    }

    private var deadline: TransportTime? { transfer.request.end }

    private func earlier(_ a: TransportTime?, _ b: TransportTime?) -> TransportTime? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }

    /// The error of an exchange whose time is up.
    func timeout() -> TransportError {
        let isTotal = (isTotalOver ? deadline : transfer.limit).map { $0 <= round.now } ?? false
        let limited: HTTPPhase =
            switch phase {
            case .waiting: .total
            case .connecting: .connect
            case .sent: .firstByte
            case .sending, .receiving: .betweenBytes
            }
        return error(.timeout(isTotal ? .total : limited), "The time for this part of the exchange was up.")
    }

    // MARK: How far the request came

    /// Whether any byte of the request was handed to a connection.
    var mayHaveArrived: Bool {
        guard connections > 0, let handle else { return false }
        return wasSentBefore || handle.info(CURLINFO_REQUEST_SIZE) != foreignBytes
    }

    var isConnected: Bool { connections > 0 }
    var isAnswerBegun: Bool { head.status >= 200 }

    func error(_ code: TransportError.Code, _ message: String) -> TransportError {
        transfer.error(code, message, mayHaveArrived: mayHaveArrived)
    }

    /// Looks how much of the body has left; true once all of it has.
    func noticeSending() -> Bool {
        guard phase == .sending, let handle else { return true }
        let uploaded = handle.size(CURLINFO_SIZE_UPLOAD_T)
        if uploaded >= transfer.request.body.length {
            enter(.sent)
            return true
        }
        if uploaded != uploadedBytes {
            uploadedBytes = uploaded
            lastProgress = round.now
        }
        return false
    }

    // MARK: What libcurl calls

    /// A connection stands and the request is about to be written. libcurl comes here again by itself when a connection that
    /// was used before breaks without an answer; whether the request goes out again is decided here.
    func ready() -> Bool {
        guard let handle else { return false }
        if connections == 0 {
            foreignBytes = handle.info(CURLINFO_REQUEST_SIZE)
        } else {
            let wasSent = handle.info(CURLINFO_REQUEST_SIZE) != foreignBytes
            guard !wasSent || (transfer.request.method.isSafe && !hasReadBody) else {
                failure = transfer.error(
                    .reset,
                    "The connection broke after the request was sent and before an answer; it was not sent again.",
                    mayHaveArrived: true
                )
                return false
            }
            wasSentBefore = wasSentBefore || wasSent
        }
        connections += 1
        head = AnswerHead()
        if transfer.request.body.length == 0 {
            enter(.sent)
        } else {
            enter(.sending)
            round.watchSending(self)
        }
        return true
    }

    /// Takes a line of the head; false ends the exchange.
    func receive(headLine line: UnsafeRawBufferPointer) -> Bool {
        defer { progress() }
        switch unsafe head.add(line, maximumBytes: configuration.maximumHeadBytes) {
        case .incomplete: return true
        case .malformed:
            failure = error(.protocolViolation, "The head of the answer is not HTTP.")
            return false
        case .tooLarge:
            failure = error(.tooLarge, "The head of the answer has more than \(configuration.maximumHeadBytes) bytes.")
            return false
        case .complete: return takeHead()
        }
    }

    private func takeHead() -> Bool {
        switch transfer.delivery {
        case .streamed: transfer.succeed(with: HTTPResponse(status: head.status, headers: head.headers))
        case .collected(let maximum):
            guard transfer.request.method != .head, let length = head.headers["Content-Length"].flatMap({ Int($0) })
            else { return true }
            guard length <= maximum else {
                refuseBody(maximum)
                return false
            }
            body.reserveCapacity(min(length, 4 << 20))
        }
        return true
    }

    enum Reception { case taken, full, refused }

    func receive(body bytes: UnsafeRawBufferPointer) -> Reception {
        progress()
        switch transfer.delivery {
        case .streamed(let pipe):
            isDownloadPaused = unsafe !pipe.accept(bytes)
            return isDownloadPaused ? .full : .taken
        case .collected(let maximum):
            guard bytes.count <= maximum - body.count else {
                refuseBody(maximum)
                return .refused
            }
            unsafe body.append(contentsOf: bytes)
            return .taken
        }
    }

    private func refuseBody(_ maximum: Int) {
        failure = error(.tooLarge, "The answer is longer than the limit of \(maximum) bytes.")
    }

    /// Fills libcurl's buffer from the body; nil when there is nothing yet.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        if chunkOffset == chunk.count {
            guard let next = nextChunk() else {
                isUploadPaused = transfer.upload != nil
                return isUploadPaused ? nil : 0
            }
            chunk = next
            chunkOffset = 0
        }
        isUploadPaused = false
        progress()
        let count = min(buffer.count, chunk.count - chunkOffset)
        unsafe chunk.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[chunkOffset..<(chunkOffset + count)]))
        }
        chunkOffset += count
        return count
    }

    private func nextChunk() -> [UInt8]? {
        if let upload = transfer.upload {
            let chunk = upload.take()
            if chunk != nil { hasReadBody = true }
            return chunk
        }
        guard !hasReadBody, case .bytes(let bytes) = transfer.request.body, !bytes.isEmpty else { return nil }
        hasReadBody = true
        return bytes
    }

    private func progress() {
        if isAnswerBegun, phase != .receiving { return enter(.receiving) }
        lastProgress = round.now
    }

    // MARK: Going on and ending

    /// Resumes what the reader or the source has made possible; an error of libcurl ends the exchange.
    func resumeIfPossible() -> CURLcode {
        var isWanted = false
        if case .streamed(let pipe) = transfer.delivery, pipe.endPause() {
            isDownloadPaused = false
            isWanted = true
        }
        if let upload = transfer.upload, upload.endPause() {
            isUploadPaused = false
            isWanted = true
        }
        guard isWanted, let handle else { return CURLE_OK }
        lastProgress = round.now
        round.expect(expiry)
        return handle.resume()
    }

    /// Tells the caller how it ended; called once, after the handle was taken away.
    func conclude(with error: TransportError?) {
        if error == nil, case .collected = transfer.delivery {
            transfer.succeed(with: HTTPResponse(status: head.status, headers: head.headers, body: body))
        }
        transfer.finish(with: error)
    }
}
