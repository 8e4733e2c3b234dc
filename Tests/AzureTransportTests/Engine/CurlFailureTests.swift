import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("What goes wrong on the way, and whether the request may have arrived", .timeLimit(.minutes(1)))
struct CurlFailureTests {
    let transport = CurlTransport()

    @Test("where nobody listens, nothing has arrived")
    func refused() async throws {
        let url = try #require(HTTPURL("http://127.0.0.1:\(LoopbackServer.silentPort())/"))
        let error = await outcome(of: HTTPRequest(method: .post, url: url, body: .bytes([1])), on: transport).error
        #expect(error?.code == .connectionRefused)
        #expect(error?.requestMayHaveArrived == false)
        #expect(error?.host == "127.0.0.1")
    }

    @Test(
        "a connection that breaks after the request: it may have arrived, whether it ends or is reset",
        arguments: [true, false]
    )
    func brokenAfterRequest(isReset: Bool) async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            if isReset { connection.reset() }
        }
        let request = HTTPRequest(method: .post, url: server.url(), body: .bytes(Array("write".utf8)))
        let error = await outcome(of: request, on: transport).error
        #expect(error?.code == .reset)
        #expect(error?.requestMayHaveArrived == true)
        #expect(server.requests.count == 1)
    }

    @Test(
        "a kept connection that breaks after the request: a write is not sent again by itself",
        arguments: [HTTPMethod.post, .put, .delete, .merge]
    )
    func noSilentRepeat(method: HTTPMethod) async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer()
            try connection.readRequest()
            if connection.number > 1 { try connection.answer() }
        }
        _ = try await transport.send(HTTPRequest(method: .get, url: server.url()))
        let body = method == .delete ? HTTPBody.none : .bytes(Array("write".utf8))
        let error = await outcome(of: HTTPRequest(method: method, url: server.url("/write"), body: body), on: transport)
            .error
        #expect(error?.code == .reset)
        #expect(error?.requestMayHaveArrived == true)
        #expect(server.requests.filter { $0.head.contains("/write") }.count == 1)
    }

    @Test(
        "a kept connection that breaks after the request: a large or a streamed write is not sent again",
        arguments: [true, false]
    )
    func noSilentRepeatOfUploads(isStream: Bool) async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            guard connection.number == 1 else { return }
            try connection.answer()
            _ = try connection.readHead()
            _ = try connection.readSome()
            connection.reset()
        }
        _ = try await transport.send(HTTPRequest(method: .get, url: server.url()))
        let bytes = [UInt8](repeating: 1, count: 1 << 20)
        let body = isStream ? HTTPBody.stream(.chunks([bytes])) : .bytes(bytes)
        let error = await outcome(of: HTTPRequest(method: .put, url: server.url(), body: body), on: transport).error
        #expect(error?.code == .reset)
        #expect(error?.requestMayHaveArrived == true)
        // libcurl may have connected anew; nothing was sent there.
        #expect(server.requests.count == 1)
    }

    @Test("a kept connection that breaks after the request: a read is sent again on a new one")
    func readsAreRepeated() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            if connection.number == 2 { return try connection.answer(body: "second") }
            try connection.answer()
            try connection.readRequest()
        }
        _ = try await transport.send(HTTPRequest(method: .get, url: server.url()))
        let response = try await transport.send(HTTPRequest(method: .get, url: server.url("/read")))
        #expect(response.body == Array("second".utf8))
        #expect(server.requests.filter { $0.head.contains("/read") }.map(\.connection) == [1, 2])
    }

    @Test("a kept connection that the server has closed meanwhile is not used for a write")
    func closedMeanwhile() async throws {
        let closed = Gate()
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer(body: "\(connection.number)")
            connection.close()
            closed.open()
        }
        _ = try await transport.send(HTTPRequest(method: .get, url: server.url()))
        try await closed.passed()
        try await Task.sleep(for: .milliseconds(20))
        let request = HTTPRequest(method: .post, url: server.url(), body: .bytes([1]))
        #expect(try await transport.send(request).body == Array("2".utf8))
        #expect(server.requests.count == 2)
    }

    @Test("an answer that is cut short is an error, with and without a length", arguments: [true, false])
    func truncated(isChunked: Bool) async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\n")
            try connection.write(
                isChunked ? "Transfer-Encoding: chunked\r\n\r\n5\r\nab" : "Content-Length: 5\r\n\r\nab"
            )
        }
        let error = await outcome(of: HTTPRequest(method: .get, url: server.url()), on: transport).error
        #expect(error?.code == .truncated)
        #expect(error?.requestMayHaveArrived == true)
    }

    @Test(
        "what is not HTTP is refused",
        arguments: ["hello, hello\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "220 smtp\r\n"]
    )
    func notHTTP(text: String) async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write(text)
            connection.waitForClose()
        }
        let error = await outcome(of: HTTPRequest(method: .get, url: server.url()), on: transport).error
        #expect(error?.code == .protocolViolation)
    }

    @Test("an answer that is too long ends at the limit, with a length, in chunks and to the end", arguments: 0..<3)
    func tooLong(form: Int) async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            let fields = ["Content-Length: 101\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n"][form]
            try connection.write("HTTP/1.1 200 OK\r\n\(fields)\r\n")
            let body = String(repeating: "x", count: 101)
            try connection.write(form == 1 ? "65\r\n\(body)\r\n0\r\n\r\n" : body)
        }
        var request = HTTPRequest(method: .get, url: server.url(), maximumResponseBytes: 100)
        #expect(await outcome(of: request, on: transport).error?.code == .tooLarge)
        request.maximumResponseBytes = 101
        #expect(try await transport.send(request).body.count == 101)
    }

    @Test("a head that is too long ends at the limit, also one that never ends")
    func headTooLong() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\n")
            while true { try connection.write("x-more: \(String(repeating: "y", count: 1_000))\r\n") }
        }
        let error = await outcome(of: HTTPRequest(method: .get, url: server.url()), on: transport).error
        #expect(error?.code == .tooLarge)
    }

    @Test("a request that is too large, or could become two, is refused before it is sent")
    func refusedRequests() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer()
        }
        var configuration = CurlTransport.Configuration()
        configuration.maximumRequestBytes = 10
        configuration.maximumHeadBytes = 200
        let transport = CurlTransport(configuration)
        func code(_ change: (inout HTTPRequest) -> Void) async -> TransportError.Code? {
            var request = HTTPRequest(method: .put, url: server.url())
            change(&request)
            let error = await outcome(of: request, on: transport).error
            #expect(error?.requestMayHaveArrived == false)
            return error?.code
        }
        #expect(await code { $0.body = .bytes([UInt8](repeating: 0, count: 11)) } == .tooLarge)
        #expect(await code { $0.headers["x"] = String(repeating: "v", count: 200) } == .tooLarge)
        for value in ["a\r\nx-second: b", "a\nb", "a\0b", "\u{7F}"] {
            #expect(await code { $0.headers["x"] = value } == .invalidRequest)
        }
        for name in ["", "a b", "a:", "a\r\nb", "Host", "content-length", "Transfer-Encoding", "Expect", "Connection"] {
            #expect(await code { $0.headers.add(name, "1") } == .invalidRequest)
        }
        #expect(await code { $0.method = HTTPMethod("GET / HTTP/1.1\r\nx:") } == .invalidRequest)
        #expect(await code { $0.url.host = "name:secret@127.0.0.1" } == .invalidRequest)
        #expect(await code { $0.url.percentEncodedPath = "/a b" } == .invalidRequest)
        #expect(await code { $0.url.percentEncodedPath = "no-slash" } == .invalidRequest)
        #expect(await code { $0.url.query = [.init(name: "a#b", value: nil)] } == .invalidRequest)
        #expect(
            await code {
                $0.method = .head; $0.body = .bytes([1])
            } == .invalidRequest
        )
        #expect(server.connections == 0)
    }
}

extension HTTPBodySource {
    /// Chunks in memory, as a stream.
    static func chunks(_ chunks: [[UInt8]], length: Int? = nil) -> HTTPBodySource {
        HTTPBodySource(length: length ?? chunks.map(\.count).reduce(0, +), isReplayable: true) {
            let rest = Locked(chunks[...])
            return { rest.withLock { $0.popFirst() } }
        }
    }
}
