import CutoverAzureTransport
import Testing

@Suite("Requests and answers over libcurl", .timeLimit(.minutes(1)))
struct CurlTransportTests {
    let transport = CurlTransport()

    /// Answers each request of each connection with 200 and its number.
    private func counting() throws -> LoopbackServer {
        try LoopbackServer { connection in
            var count = 0
            while true {
                try connection.readRequest()
                count += 1
                try connection.answer(body: "\(connection.number).\(count)")
            }
        }
    }

    @Test("an answer arrives with its status, its fields in order and its body")
    func answer() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer(
                "404 Not Found",
                headers: ["x-b: 1", "X-A:  two  ", "x-b: 3", "x-empty:"],
                body: "gone"
            )
        }
        let response = try await transport.send(HTTPRequest(method: .get, url: server.url("/x")))
        #expect(response.status == 404)
        #expect(response.headers.fields.map(\.name) == ["x-b", "X-A", "x-b", "x-empty", "Content-Length"])
        #expect(response.headers.fields.map(\.value) == ["1", "two", "3", "", "4"])
        #expect(response.body == Array("gone".utf8))
    }

    @Test("a connection is kept and used again")
    func reuse() async throws {
        let server = try counting()
        for number in 1...5 {
            let response = try await transport.send(HTTPRequest(method: .get, url: server.url()))
            #expect(response.body == Array("1.\(number)".utf8))
        }
        #expect(server.connections == 1)
    }

    @Test("many requests run at once, and no host has more than its limit")
    func limitPerHost() async throws {
        let server = try counting()
        var configuration = CurlTransport.Configuration()
        configuration.maximumRequestsPerHost = 3
        let transport = CurlTransport(configuration)
        let request = HTTPRequest(method: .get, url: server.url())
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<200 { group.addTask { try await transport.send(request).status } }
            for try await status in group { #expect(status == 200) }
        }
        #expect(server.requests.count == 200)
        #expect(server.connections <= 3)
    }

    @Test("the request that is sent is the one that was given, with Host and Content-Length and nothing else")
    func wire() async throws {
        let server = try counting()
        let large = [UInt8](repeating: 7, count: 2 << 20)
        let bodies: [(HTTPMethod, HTTPBody, [String])] = [
            (.get, .none, []), (.delete, .none, []), (.head, .none, []),
            (.put, .none, ["Content-Length: 0"]), (.post, .none, ["Content-Length: 0"]),
            (.patch, .none, ["Content-Length: 0"]), (.merge, .none, ["Content-Length: 0"]),
            (.put, .bytes([]), ["Content-Length: 0"]), (.post, .bytes(Array("abc".utf8)), ["Content-Length: 3"]),
            (.put, .bytes(large), ["Content-Length: \(large.count)"]),
            (.post, .bytes(large), ["Content-Length: \(large.count)"]),
        ]
        for (method, body, length) in bodies {
            let request = HTTPRequest(
                method: method,
                url: server.url("/a/../b//c%2F?x=%20&y"),
                headers: ["x-ms-a": "b"],
                body: body
            )
            _ = try await transport.send(request)
            let received = try #require(server.requests.last)
            #expect(received.lines.first == "\(method) /a/../b//c%2F?x=%20&y HTTP/1.1")
            #expect(Set(received.lines.dropFirst()) == Set(["Host: 127.0.0.1:\(server.port)", "x-ms-a: b"] + length))
            #expect(received.body.count == body.length)
        }
        #expect(server.requests.map(\.connection).allSatisfy { $0 == 1 })
    }

    @Test("fields that libcurl writes by itself are sent as they were given, and an empty value is sent")
    func ownFields() async throws {
        let server = try counting()
        let headers: HTTPHeaders = [
            "Content-Type": "application/json", "Accept": "a/b", "User-Agent": "cutover", "x-empty": "",
            "Authorization": "a b",
        ]
        let request = HTTPRequest(method: .post, url: server.url(), headers: headers, body: .bytes(Array("{}".utf8)))
        _ = try await transport.send(request)
        let lines = try #require(server.requests.first).lines
        for line in [
            "Content-Type: application/json", "Accept: a/b", "User-Agent: cutover", "x-empty:", "Authorization: a b",
        ] {
            #expect(lines.contains(line), "\(line) is missing in \(lines)")
        }
    }

    @Test("a redirect is an answer and is not followed", arguments: [301, 302, 307, 308])
    func redirect(status: Int) async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.answer("\(status) Elsewhere", headers: ["Location: /elsewhere", "Set-Cookie: a=b"])
            try connection.readRequest()
            try connection.answer()
        }
        let headers: HTTPHeaders = ["Authorization": "secret"]
        let response = try await transport.send(HTTPRequest(method: .get, url: server.url(), headers: headers))
        #expect(response.status == status)
        #expect(server.requests.count == 1)
        _ = try await transport.send(HTTPRequest(method: .get, url: server.url()))
        #expect(server.requests.last?.value(of: "Cookie") == nil)
    }

    @Test("interim answers and the trailers of a chunked body are passed over")
    func interimAndTrailers() async throws {
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            try connection.write(
                "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            try connection.write("3\r\nabc\r\n2\r\nde\r\n0\r\nx-trailer: 1\r\n\r\n")
            try connection.readRequest()
            try connection.answer(body: "next")
        }
        let response = try await transport.send(HTTPRequest(method: .get, url: server.url()))
        #expect(response.status == 200)
        #expect(response.body == Array("abcde".utf8))
        #expect(response.headers["link"] == nil && response.headers["x-trailer"] == nil)
        #expect(try await transport.send(HTTPRequest(method: .get, url: server.url())).body == Array("next".utf8))
        #expect(server.connections == 1)
    }

    @Test("a transport that is stopped ends what is under way, and takes nothing more")
    func stop() async throws {
        let arrived = Gate()
        let server = try LoopbackServer { connection in
            try connection.readRequest()
            arrived.open()
            connection.waitForClose()
        }
        let request = HTTPRequest(method: .post, url: server.url(), body: .bytes([1]))
        async let running = outcome(of: request, on: transport)
        try await arrived.passed()
        await transport.stop()
        #expect(await running.error?.code == .stopped)
        #expect(await running.error?.requestMayHaveArrived == true)
        let late = await outcome(of: request, on: transport)
        #expect(late.error?.code == .stopped)
        #expect(late.error?.requestMayHaveArrived == false)
    }
}

/// The answer or the error of a request.
func outcome(of request: HTTPRequest, on transport: some HTTPTransport) async -> Result<HTTPResponse, TransportError> {
    do throws(TransportError) {
        return .success(try await transport.send(request))
    } catch {
        return .failure(error)
    }
}

extension Result {
    var error: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
