internal import CutoverBlockingLanes

/// The transport over libcurl: one thread that drives all exchanges, on connections that are kept and used again.
///
/// What libcurl would do by itself and nobody asked for is switched off: it follows no redirect, adds no header but `Host`,
/// `Content-Length` and framing, waits for no `100 Continue`, reads no configuration of a machine, and sends a request a second
/// time only where the first copy cannot have arrived or the method is safe. Certificates are always verified.
///
/// The thread ends when the transport is let go of or stopped; exchanges that are under way then end with `stopped`.
package final class CurlTransport: HTTPTransport {
    private let configuration: Configuration
    private let inbox: CurlInbox
    private let lane: Lane

    /// Starts the thread; nothing is connected yet.
    package init(_ configuration: Configuration = Configuration()) {
        let inbox = CurlInbox()
        self.configuration = configuration
        self.inbox = inbox
        self.lane = Lane(name: "cutover-http")
        lane.submit { CurlLoop(configuration: configuration, inbox: inbox).run() }
        lane.stopWithoutWaiting()
    }

    deinit {
        inbox.stop()
    }

    /// Ends what is under way and returns when the thread is gone and every connection is closed.
    package func stop() async {
        inbox.stop()
        await lane.stopped()
    }

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        try RequestRules.check(request, configuration)
        let maximum = request.maximumResponseBytes ?? configuration.maximumResponseBytes
        let delivery = CurlTransfer.Delivery.collected(maximumBytes: maximum)
        guard case .stream(let source) = request.body else {
            return try await CurlTransfer(request, delivery, inbox).answer().get()
        }
        guard source.length > 0 else {
            var request = request
            request.body = .bytes([])
            let transfer = CurlTransfer(request, delivery, inbox)
            try await BodyPump(source: source, pipe: UploadPipe(), transfer: transfer).expectNothing()
            return try await transfer.answer().get()
        }
        return try await send(request, delivery, pulling: source)
    }

    package func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStreamedResponse {
        try RequestRules.check(request, configuration)
        if case .stream = request.body {
            throw RequestRules.refusal(of: request, "A request whose answer is streamed cannot have a streamed body.")
        }
        let pipe = DownloadPipe(capacity: configuration.streamBufferBytes)
        let transfer = CurlTransfer(request, .streamed(pipe), inbox)
        let head = try await transfer.answer().get()
        // The stream keeps the transport, and with it the thread, until its reader has let go of it.
        let body = HTTPBodyStream(
            next: { () async throws(TransportError) -> [UInt8]? in
                try await transfer.nextChunk(of: pipe, keeping: self)
            },
            cancel: { transfer.cancelStream(pipe) }
        )
        return HTTPStreamedResponse(status: head.status, headers: head.headers, body: body)
    }

    /// Sends a body that is pulled meanwhile, in a child task that ends with the exchange.
    private func send(
        _ request: HTTPRequest,
        _ delivery: CurlTransfer.Delivery,
        pulling source: HTTPBodySource
    ) async throws(TransportError) -> HTTPResponse {
        let pipe = UploadPipe()
        let transfer = CurlTransfer(request, delivery, inbox, upload: pipe)
        let pump = BodyPump(source: source, pipe: pipe, transfer: transfer)
        let answer = await withTaskGroup(of: Void.self) { group in
            group.addTask { await pump.run() }
            let answer = await transfer.answer()
            group.cancelAll()
            return answer
        }
        return try answer.get()
    }
}

extension CurlTransport {
    /// Which versions of HTTP are spoken.
    package enum HTTPVersion: Sendable, Hashable {
        /// HTTP/1.1 and nothing else, as the official clients of Azure do.
        case http1
        /// HTTP/2 where a TLS server offers it, else HTTP/1.1. Streams share a connection: one whose reader is slow holds the
        /// others on its connection up.
        case negotiated
    }

    /// What a transport is set up with.
    package struct Configuration: Sendable {
        /// A file of certificates in PEM form that is trusted instead of the system's: for an emulator with an authority of its own.
        package var certificateAuthorityFile: String?
        package var httpVersion: HTTPVersion = .http1
        /// Nil means a direct connection; the environment is not looked at, see ``HTTPProxy/init(environment:for:)``.
        package var proxy: HTTPProxy?
        /// The most requests to one host at a time; with HTTP/1.1 as many connections. More wait in line, the first come first.
        package var maximumRequestsPerHost = 64
        /// The most connections that are kept for later.
        package var maximumIdleConnections = 64
        /// A connection that was idle for longer is not used again; it ends before the servers' own patience does.
        package var idleConnectionLifetime = Duration.seconds(60)
        /// A connection that is older is not used again, so that a change of a host's addresses is followed.
        package var connectionLifetime = Duration.seconds(300)
        /// The most bytes of a request's body: by default those of the largest block that Azure Storage takes.
        package var maximumRequestBytes = 4_000 << 20
        /// The most bytes of a collected answer whose request names no limit of its own.
        package var maximumResponseBytes = 64 << 20
        /// The most bytes of a request's line and fields, and of an answer's status line, fields and trailers.
        package var maximumHeadBytes = 64 << 10
        /// How much of a streamed answer is received ahead of its reader.
        package var streamBufferBytes = 1 << 20

        package init() {}
    }
}
