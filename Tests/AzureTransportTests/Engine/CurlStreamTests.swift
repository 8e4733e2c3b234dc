import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("Streams up and down, with back-pressure", .timeLimit(.minutes(1)))
struct CurlStreamTests {
    let transport = CurlTransport()
    static let piece = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    /// What the two ends and the sockets between them may hold of a stream that nobody takes: far less than the stream.
    static let maximumInFlight = 16 << 20

    @Test("a large answer arrives whole, a chunk at a time")
    func download() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 206 Partial\r\nContent-Length: \(Self.piece.count * 512)\r\nx-a: b\r\n\r\n")
            for _ in 0..<512 { try connection.write(Self.piece) }
            try connection.readRequest()
            try connection.answer()
        }
        let response = try await transport.stream(HTTPRequest(method: .get, url: server.url()))
        #expect(response.status == 206 && response.headers["X-A"] == "b")
        var count = 0
        while let chunk = try await response.body.next() {
            #expect(!chunk.isEmpty && chunk.count <= (1 << 20) + (256 << 10))
            #expect(chunk.first == Self.piece[count % Self.piece.count])
            #expect(chunk.last == Self.piece[(count + chunk.count - 1) % Self.piece.count])
            count += chunk.count
        }
        #expect(count == Self.piece.count * 512)
        #expect(try await response.body.next() == nil)
        _ = try await transport.send(HTTPRequest(method: .get, url: server.url()))
        #expect(server.connections == 1)
    }

    @Test("a reader that does not read holds the server up, however long; no limit between bytes runs meanwhile")
    func slowReader() async throws {
        let written = Locked(0)
        let total = 96 << 20
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            for _ in 0..<(total / Self.piece.count) {
                try connection.write(Self.piece)
                written.withLock { $0 += Self.piece.count }
            }
        }
        let timeouts = HTTPTimeouts(betweenBytes: .milliseconds(200), total: .milliseconds(900))
        let response = try await transport.stream(HTTPRequest(method: .get, url: server.url(), timeouts: timeouts))
        try await Task.sleep(for: .milliseconds(1_000))
        let held = written.withLock { $0 }
        #expect(held > 0 && held < Self.maximumInFlight)
        var count = 0
        while let chunk = try await response.body.next() { count += chunk.count }
        #expect(count == total)
    }

    @Test(
        "a streamed answer that is cut short, or falls silent, ends with an error after what has arrived",
        arguments: [true, false]
    )
    func brokenDownload(isSilent: Bool) async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            if isSilent { connection.waitForClose() }
        }
        let timeouts = HTTPTimeouts(betweenBytes: .milliseconds(150))
        let response = try await transport.stream(HTTPRequest(method: .get, url: server.url(), timeouts: timeouts))
        #expect(try await response.body.next() == Array("abc".utf8))
        let error = await #expect(throws: TransportError.self) { try await response.body.next() }
        #expect(error?.code == (isSilent ? .timeout(.betweenBytes) : .truncated))
    }

    @Test("the deadline ends a stream that is under way")
    func deadline() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while true {
                try connection.write("x")
                connection.rest(milliseconds: 20)
            }
        }
        let request = HTTPRequest(method: .get, url: server.url(), deadline: .now + .seconds(2))
        let response = try await transport.stream(request)
        let error = await #expect(throws: TransportError.self) {
            try await response.body.collect(maximumBytes: 100_000)
        }
        #expect(error?.code == .timeout(.total))
    }

    @Test("a stream that is let go of, or cancelled, gives its connection up", arguments: [true, false])
    func abandoned(isLetGo: Bool) async throws {
        let closed = Gate()
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            connection.waitForClose()
            closed.open()
        }
        var response: HTTPStreamedResponse? = try await transport.stream(HTTPRequest(method: .get, url: server.url()))
        if isLetGo {
            response = nil
        } else {
            let body = try #require(response?.body)
            let error = await withTaskGroup(of: TransportError?.self) { group in
                group.addTask { await Self.readToTheEnd(body) }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(error?.code == .cancelled)
        }
        try await closed.passed()
    }

    private static func readToTheEnd(_ body: HTTPBodyStream) async -> TransportError? {
        do throws(TransportError) {
            while try await body.next() != nil {}
            return nil
        } catch {
            return error
        }
    }

    // MARK: Up

    @Test("a streamed body arrives whole, with its length and in the sizes that its source gives")
    func upload() async throws {
        let server = try LoopbackServer { connection in
            let request = try connection.readRequest()
            try connection.answer("201 Created", body: "\(request.body.count)")
        }
        let chunks = [[1], [], Self.piece, [2, 3], Self.piece + Self.piece + Self.piece]
        let request = HTTPRequest(method: .put, url: server.url(), body: .stream(.chunks(chunks)))
        let response = try await transport.send(request)
        #expect(response.status == 201)
        let received = try #require(server.requests.first)
        #expect(received.body == chunks.flatMap { $0 })
        #expect(received.value(of: "Content-Length") == "\(received.body.count)")
        #expect(received.value(of: "Transfer-Encoding") == nil && received.value(of: "Expect") == nil)
        let empty = HTTPRequest(method: .put, url: server.url(), body: .stream(.chunks([])))
        #expect(try await transport.send(empty).body == Array("0".utf8))
    }

    @Test("a server that does not read holds the source up")
    func slowServer() async throws {
        let gate = Gate()
        let total = 64 << 20
        let server = try LoopbackServer { connection in
            _ = try connection.readHead()
            gate.block()
            _ = try connection.read(total)
            try connection.answer(body: "done")
        }
        // Each piece waits for its turn among all that runs in the process.
        let piece = [UInt8](repeating: 1, count: 1 << 20)
        let pulled = Locked(0)
        let source = HTTPBodySource(length: total, isReplayable: false) {
            {
                pulled.withLock { pulled in
                    guard pulled < total else { return nil }
                    pulled += piece.count
                    return piece
                }
            }
        }
        async let answer = transport.send(HTTPRequest(method: .put, url: server.url(), body: .stream(source)))
        while pulled.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        try await Task.sleep(for: .milliseconds(500))
        let held = pulled.withLock { $0 }
        #expect(held > 0 && held < Self.maximumInFlight)
        gate.open()
        #expect(try await answer.body == Array("done".utf8))
    }

    @Test("a source that is slow is waited for; no limit between bytes runs meanwhile")
    func slowSource() async throws {
        let server = try LoopbackServer { connection in
            let request = try connection.readRequest()
            try connection.answer(body: String(decoding: request.body, as: UTF8.self))
        }
        let count = Locked(0)
        let source = HTTPBodySource(length: 3, isReplayable: false) {
            {
                try await Task.sleep(for: .milliseconds(250))
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                return number <= 3 ? [UInt8(ascii: "0") + UInt8(number)] : nil
            }
        }
        let timeouts = HTTPTimeouts(betweenBytes: .milliseconds(150))
        let request = HTTPRequest(method: .put, url: server.url(), body: .stream(source), timeouts: timeouts)
        #expect(try await transport.send(request).body == Array("123".utf8))
    }

    @Test(
        "a source that ends early, goes on too long or fails, fails the request before it is complete",
        arguments: 0..<4
    )
    func wrongSource(kind: Int) async throws {
        struct Broken: Error {}
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer()
        }
        let source: HTTPBodySource =
            switch kind {
            case 0: .chunks([[1, 2], [3]], length: 4)
            case 1: .chunks([[1, 2], [3, 4], [5]], length: 4)
            case 2: .chunks([[1]], length: 0)
            default: HTTPBodySource(length: 4, isReplayable: false) { { throw Broken() } }
            }
        let request = HTTPRequest(method: .put, url: server.url(), body: .stream(source))
        let error = await outcome(of: request, on: transport).error
        #expect(error?.code == .bodySource)
        #expect(error?.requestMayHaveArrived == false)
        #expect((error?.underlying is Broken) == (kind == 3))
        #expect(server.requests.isEmpty)
    }

    @Test("an answer that comes before the body is through ends the upload and lets the source go")
    func earlyAnswer() async throws {
        let server = try LoopbackServer { connection in
            _ = try connection.readHead()
            try connection.write("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
            connection.waitForClose()
        }
        let source = HTTPBodySource(length: 1 << 30, isReplayable: false) { { Self.piece } }
        let response = try await transport.send(HTTPRequest(method: .put, url: server.url(), body: .stream(source)))
        #expect(response.status == 403)
        #expect(response.body == Array("no".utf8))
    }

    @Test("a cancelled upload lets its source go, also one that waits")
    func cancelledUpload() async throws {
        let arrived = Gate()
        let server = try LoopbackServer { connection in
            _ = try connection.readHead()
            arrived.open()
            connection.waitForClose()
        }
        let source = HTTPBodySource(length: 10, isReplayable: false) {
            {
                try await Task.sleep(for: .seconds(50))
                return nil
            }
        }
        let request = HTTPRequest(method: .put, url: server.url(), body: .stream(source))
        try await withThrowingTaskGroup(of: TransportError?.self) { group in
            group.addTask { await outcome(of: request, on: transport).error }
            try await arrived.passed()
            group.cancelAll()
            let error = try await group.next() ?? nil
            #expect(error?.code == .cancelled)
        }
    }
}
