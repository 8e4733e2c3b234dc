internal import CutoverCCurl
internal import CutoverCCurlShims
internal import DequeModule

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The engine: everything that happens on its one thread, from the first exchange to the end of the transport.
///
/// Safety: one thread makes it, runs it and lets it go; other threads reach it through the inbox only.
@safe final class CurlLoop {
    private let configuration: CurlTransport.Configuration
    private let inbox: CurlInbox
    private let multi: UnsafeMutableRawPointer
    private var exchanges: [ObjectIdentifier: CurlExchange] = [:]
    private var lines: [HTTPOrigin: OriginLine] = [:]
    private var lastLine: OriginLine?
    private var idle: [CurlHandle] = []
    /// What has ended in this round and whose callers are not told yet.
    private var ended: [(exchange: CurlExchange, error: TransportError?)] = []
    private let round = CurlRound()
    /// Whether something may have happened since libcurl last found all of its transfers at rest.
    private var isUnsettled = true

    init(configuration: CurlTransport.Configuration, inbox: CurlInbox) {
        self.configuration = configuration
        self.inbox = inbox
        _ = Self.isReady
        guard let multi = unsafe curl_multi_init() else { fatalError("libcurl has no memory for its first handle.") }
        unsafe self.multi = multi
        unsafe _ = cutover_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maximumIdleConnections)
    }

    deinit {
        unsafe curl_multi_cleanup(multi)
    }

    private static let isReady: Bool = {
        precondition(cutover_curl_global_init() == CURLE_OK, "libcurl cannot be used.")
        return true
    }()

    /// Drives all exchanges until the inbox is stopped.
    func run() {
        Self.blockBrokenPipes()
        unsafe inbox.use(CurlWaker(multi))
        var commands: [CurlInbox.Command] = []
        while true {
            round.begin()
            let isStopping = inbox.take(into: &commands)
            if !commands.isEmpty { isUnsettled = true }
            for command in commands { carryOut(command) }
            commands.removeAll(keepingCapacity: true)
            if isStopping { break }
            var running: Int32 = 0
            unsafe _ = curl_multi_perform(multi, &running)
            round.noticeSending()
            endWhatHasEnded()
            checkLimits()
            tellCallers()
            rest()
        }
        inbox.use(nil)
        for exchange in exchanges.values {
            end(exchange, with: exchange.error(.stopped, "The transport was stopped."))
        }
        tellCallers()
        round.end()
        idle = []
    }

    /// A write to a connection that the other side has closed is an error, not the end of the process.
    private static func blockBrokenPipes() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func rest() {
        guard inbox.mayRest() else { return }
        var milliseconds = longestRest
        if let nextCheck = round.nextCheck { milliseconds = min(milliseconds, nextCheck.milliseconds(after: .now)) }
        var ready: Int32 = 0
        unsafe _ = curl_multi_poll(multi, nil, 0, Int32(milliseconds), &ready)
        // A short rest in which nothing came is the proof that nothing was left over.
        isUnsettled = ready > 0 || !isUnsettled
    }

    /// How long the thread may rest, in milliseconds.
    private var longestRest: Int {
        if exchanges.isEmpty || !Self.mayForgetTransfers { return 60_000 }
        return isUnsettled ? 1 : 100
    }

    /// Whether libcurl may leave a transfer alone that has something to do.
    ///
    /// Before 8.4 it takes a timer off as expired that is due within the same millisecond as one before it (curl's pull request
    /// 11937). With it goes what calls a transfer back for which another one has received an answer, on a connection of HTTP/2 that
    /// both share, or whose next address is to be tried: it goes on in the next round, which then nothing brings about.
    private static let mayForgetTransfers = cutover_curl_version() < 0x080400

    // MARK: Exchanges

    private func carryOut(_ command: CurlInbox.Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .attend(let transfer):
            guard let exchange = exchanges[ObjectIdentifier(transfer)] else { return }
            attend(to: exchange)
        }
    }

    private func start(_ transfer: CurlTransfer) {
        let line = line(to: HTTPOrigin(transfer.request.url))
        let exchange = CurlExchange(transfer, configuration, line: line, round: round)
        exchanges[ObjectIdentifier(transfer)] = exchange
        if transfer.isCancelled { return end(exchange, with: Self.cancellation(of: exchange)) }
        exchange.enter(.waiting)
        if line.running < max(1, configuration.maximumRequestsPerHost) {
            begin(exchange)
        } else {
            line.waiting.append(exchange)
        }
    }

    private func line(to origin: HTTPOrigin) -> OriginLine {
        // Most adapters talk to one host.
        if let lastLine, lastLine.origin == origin { return lastLine }
        let line = lines[origin] ?? OriginLine(origin)
        lines[origin] = line
        lastLine = line
        return line
    }

    private func attend(to exchange: CurlExchange) {
        if exchange.transfer.isCancelled { return end(exchange, with: Self.cancellation(of: exchange)) }
        if let failure = exchange.transfer.upload?.failure { return end(exchange, with: failure) }
        let code = exchange.resumeIfPossible()
        if code != CURLE_OK { end(exchange, with: exchange.outcome(of: code, hasProxy: configuration.proxy != nil)) }
    }

    private static func cancellation(of exchange: CurlExchange) -> TransportError {
        exchange.error(.cancelled, "The request was cancelled.")
    }

    private func begin(_ exchange: CurlExchange) {
        exchange.line.running += 1
        exchange.enter(.connecting)
        guard let handle = handle(for: exchange), exchange.setUp(handle, configuration) else {
            return end(
                exchange,
                with: exchange.error(.internalFailure, "libcurl refused a part of the request, or has no memory.")
            )
        }
        guard unsafe curl_multi_add_handle(multi, handle.easy) == CURLM_OK else {
            return end(exchange, with: exchange.error(.internalFailure, "libcurl did not take the request."))
        }
    }

    private func handle(for exchange: CurlExchange) -> CurlHandle? {
        let size = exchange.bufferBytes
        if idle.last?.bufferBytes == size { return idle.removeLast() }
        let index = idle.lastIndex { $0.bufferBytes == size }
        return index.map { idle.remove(at: $0) } ?? CurlHandle(bufferBytes: size)
    }

    private func endWhatHasEnded() {
        var code = CURLE_OK
        while let easy = unsafe cutover_curl_multi_next_ended(multi, &code) {
            guard let context = unsafe cutover_curl_context(easy) else { continue }
            let exchange = unsafe Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
            end(exchange, with: exchange.outcome(of: code, hasProxy: configuration.proxy != nil))
        }
    }

    /// The one way out: the handle goes back, the caller is told at the end of the round, and the next in line begins.
    private func end(_ exchange: CurlExchange, with error: TransportError?) {
        guard exchanges.removeValue(forKey: ObjectIdentifier(exchange.transfer)) != nil else { return }
        let wasRunning = exchange.phase != .waiting
        if let handle = exchange.handle {
            unsafe _ = curl_multi_remove_handle(multi, handle.easy)
            exchange.handle = nil
            // What a failed exchange has left on its handle is nobody's to know.
            if error == nil, idle.count < configuration.maximumIdleConnections, handle.clear() { idle.append(handle) }
        }
        ended.append((exchange, error))
        leave(exchange, wasRunning: wasRunning)
    }

    /// All together: a caller that is told by itself wakes a thread of its own, and sends that thread to sleep at once.
    private func tellCallers() {
        for (exchange, error) in ended { exchange.conclude(with: error) }
        ended.removeAll(keepingCapacity: true)
    }

    private func leave(_ exchange: CurlExchange, wasRunning: Bool) {
        let line = exchange.line
        if wasRunning { line.running -= 1 } else { line.waiting.removeAll { $0 === exchange } }
        if wasRunning, let next = line.waiting.popFirst() {
            begin(next)
        } else if line.running == 0, line.waiting.isEmpty {
            lines[line.origin] = nil
            lastLine = nil
        }
    }

    // MARK: Limits

    private func checkLimits() {
        guard round.endsALimit() else { return }
        var overdue: [CurlExchange] = []
        for exchange in exchanges.values {
            guard let expiry = exchange.expiry else { continue }
            if expiry <= round.now { overdue.append(exchange) } else { round.expect(expiry) }
        }
        for exchange in overdue { end(exchange, with: exchange.timeout()) }
    }
}
