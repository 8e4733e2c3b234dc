import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("Time limits and cancellation", .timeLimit(.minutes(1)))
struct CurlTimeTests {
    let transport = CurlTransport()
    static let short = Duration.milliseconds(150)

    /// Answers nothing, ever.
    private func silent(_ arrived: Gate = Gate()) throws -> LoopbackServer {
        try LoopbackServer { connection in
            try connection.readRequest()
            arrived.open()
            connection.waitForClose()
        }
    }

    private func request(_ server: LoopbackServer, _ change: (inout HTTPTimeouts) -> Void) -> HTTPRequest {
        var timeouts = HTTPTimeouts(connect: nil, firstByte: nil, betweenBytes: nil, total: nil)
        change(&timeouts)
        return HTTPRequest(method: .post, url: server.url(), body: .bytes([1]), timeouts: timeouts)
    }

    /// Sends, and expects a timeout of the phase not before its limit.
    private func expectTimeout(_ phase: HTTPPhase, _ request: HTTPRequest, arrived: Bool) async {
        let start = ContinuousClock.now
        let error = await outcome(of: request, on: transport).error
        #expect(error?.code == .timeout(phase))
        #expect(error?.requestMayHaveArrived == arrived)
        #expect(ContinuousClock.now - start >= Self.short)
    }

    @Test("a handshake that is not answered ends the connect phase, and nothing has arrived")
    func connect() async throws {
        let server = try LoopbackServer { $0.waitForClose() }
        var request = request(server) { $0.connect = Self.short }
        request.url.scheme = .https
        await expectTimeout(.connect, request, arrived: false)
    }

    @Test(
        "silence after the request ends the wait for the first byte, also after a large body",
        arguments: [1, 1 << 20]
    )
    func firstByte(size: Int) async throws {
        let server = try silent()
        var request = request(server) {
            $0.firstByte = Self.short
            $0.betweenBytes = .seconds(30)
        }
        request.body = .bytes([UInt8](repeating: 1, count: size))
        await expectTimeout(.firstByte, request, arrived: true)
        #expect(server.requests.count == 1)
    }

    @Test("an interim answer is not the first byte")
    func interim() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 103 Early Hints\r\n\r\n")
            connection.waitForClose()
        }
        await expectTimeout(.firstByte, request(server) { $0.firstByte = Self.short }, arrived: true)
    }

    @Test("silence in the middle of an answer ends it")
    func betweenBytesOfAnswer() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
            connection.waitForClose()
        }
        await expectTimeout(.betweenBytes, request(server) { $0.betweenBytes = Self.short }, arrived: true)
    }

    @Test("an answer that is slow and steady takes as long as it takes")
    func steady() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
            for _ in 0..<8 {
                try connection.write("x")
                connection.rest(milliseconds: 50)
            }
        }
        let request = request(server) { $0.betweenBytes = .milliseconds(300) }
        #expect(try await transport.send(request).body.count == 8)
    }

    @Test("a server that stops reading ends the upload")
    func betweenBytesOfRequest() async throws {
        let gate = Gate()
        let server = try LoopbackServer { connection in
            _ = try connection.readHead()
            gate.block()
        }
        defer { gate.open() }
        var request = request(server) { $0.betweenBytes = Self.short }
        request.body = .bytes([UInt8](repeating: 1, count: 32 << 20))
        await expectTimeout(.betweenBytes, request, arrived: true)
    }

    @Test("the total and the deadline end an exchange, whichever is first")
    func totalAndDeadline() async throws {
        let server = try silent()
        await expectTimeout(.total, request(server) { $0.total = Self.short }, arrived: true)
        var request = request(server) { $0.total = .seconds(30) }
        request.deadline = .now + Self.short
        await expectTimeout(.total, request, arrived: true)
        request.deadline = .now - .seconds(1)
        let late = await outcome(of: request, on: transport).error
        #expect(late?.code == .timeout(.total))
        #expect(late?.requestMayHaveArrived == false)
    }

    @Test("the wait for a free connection counts for the total alone, and nothing has arrived")
    func inLine() async throws {
        let arrived = Gate()
        let server = try silent(arrived)
        var configuration = CurlTransport.Configuration()
        configuration.maximumRequestsPerHost = 1
        let transport = CurlTransport(configuration)
        let first = request(server) { _ in }
        let second = request(server) {
            $0.connect = .milliseconds(1)
            $0.total = Self.short
        }
        await withTaskGroup(of: TransportError.Code?.self) { group in
            group.addTask { await outcome(of: first, on: transport).error?.code }
            try? await arrived.passed()
            let error = await outcome(of: second, on: transport).error
            #expect(error?.code == .timeout(.total))
            #expect(error?.requestMayHaveArrived == false)
            group.cancelAll()
            #expect(await group.next() == .cancelled)
        }
        #expect(server.connections == 1)
    }

    /// The machine may be busy with other tests, which can only add to a try: the shortest of five is what the transport takes.
    @Test("a cancelled request ends within milliseconds, and its connection is closed")
    func cancel() async throws {
        var shortest = Duration.seconds(60)
        for _ in 0..<5 { shortest = min(shortest, try await timeToCancel()) }
        #expect(shortest < .milliseconds(50))
    }

    /// From the cancellation to the end of the connection as its server sees it, on a thread that waits for no other test.
    private func timeToCancel() async throws -> Duration {
        let arrived = Gate()
        let closed = Gate()
        let end = Locked<ContinuousClock.Instant?>(nil)
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            arrived.open()
            connection.waitForClose()
            end.withLock { $0 = .now }
            closed.open()
        }
        let request = request(server) { _ in }
        let start = try await withThrowingTaskGroup(of: TransportError?.self) { group in
            group.addTask { await outcome(of: request, on: transport).error }
            try await arrived.passed()
            let start = ContinuousClock.now
            group.cancelAll()
            let error = try await group.next() ?? nil
            #expect(error?.code == .cancelled)
            #expect(error?.requestMayHaveArrived == true)
            return start
        }
        try await closed.passed()
        return start.duration(to: try #require(end.withLock { $0 }))
    }

    @Test("a request of a cancelled task is not sent")
    func cancelledBefore() async throws {
        let server = try silent()
        let request = request(server) { _ in }
        let error = await withTaskGroup(of: TransportError?.self) { group in
            group.cancelAll()
            group.addTask { await outcome(of: request, on: transport).error }
            return await group.next() ?? nil
        }
        #expect(error?.code == .cancelled)
        #expect(error?.requestMayHaveArrived == false)
        #expect(server.requests.isEmpty)
    }
}
