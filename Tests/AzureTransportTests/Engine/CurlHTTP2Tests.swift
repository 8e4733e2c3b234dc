import CutoverAzureTransport
import Testing

@Suite("HTTP/2", .timeLimit(.minutes(1)))
struct CurlHTTP2Tests {
    private func transport() -> CurlTransport {
        var configuration = CurlTransport.Configuration()
        configuration.httpVersion = .http2
        return CurlTransport(configuration)
    }

    @Test("requests that run at once share one connection")
    func multiplexed() async throws {
        let server = try LoopbackServer { connection in
            let peer = try HTTP2Peer(connection)
            var open: [UInt32] = []
            // Nobody is answered before all are there, so they were there at the same time.
            while open.count < 8 { open.append(try peer.nextRequest().stream) }
            for stream in open { try peer.answer(stream, body: Array("stream \(stream)".utf8)) }
            while true { try peer.answer(peer.nextRequest().stream, body: []) }
        }
        let transport = transport()
        let request = HTTPRequest(method: .get, url: server.url())
        let bodies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 {
                group.addTask { String(decoding: try await transport.send(request).body, as: UTF8.self) }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(bodies.count == 8)
        let response = try await transport.send(request)
        #expect(response.status == 200 && response.headers["x-a"] == "b")
        #expect(server.connections == 1)
    }

    @Test("bodies go up, in memory and as streams, and down")
    func bodies() async throws {
        let server = try LoopbackServer { connection in
            let peer = try HTTP2Peer(connection)
            while true {
                let request = try peer.nextRequest()
                try peer.answer(request.stream, body: request.body)
            }
        }
        let transport = transport()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for body in [HTTPBody.none, .bytes([1, 2, 3]), .bytes(bytes), .stream(.chunks([[9], bytes]))] {
            let response = try await transport.send(HTTPRequest(method: .put, url: server.url(), body: body))
            #expect(response.body.count == body.length)
        }
        let streamed = try await transport.stream(HTTPRequest(method: .put, url: server.url(), body: .bytes(bytes)))
        #expect(try await streamed.body.collect(maximumBytes: 1 << 20) == bytes)
        #expect(server.connections == 1)
    }

    @Test("a request that is cancelled leaves the connection to the others")
    func cancelled() async throws {
        let arrived = Gate()
        let server = try LoopbackServer { connection in
            let peer = try HTTP2Peer(connection)
            _ = try peer.nextRequest()
            arrived.open()
            while true { try peer.answer(peer.nextRequest().stream, body: []) }
        }
        let transport = transport()
        let request = HTTPRequest(method: .post, url: server.url(), body: .bytes([1]))
        try await withThrowingTaskGroup(of: TransportError?.self) { group in
            group.addTask { await outcome(of: request, on: transport).error }
            try await arrived.passed()
            group.cancelAll()
            #expect(try await group.next() ?? nil != nil)
        }
        #expect(try await transport.send(request).status == 200)
        #expect(server.connections == 1)
    }
}

/// As much of HTTP/2 as a test needs: frames, one request after the other, and answers of one status.
final class HTTP2Peer {
    private let connection: LoopbackConnection
    private var bodies: [UInt32: [UInt8]] = [:]

    /// Takes the client's preface.
    init(_ connection: LoopbackConnection) throws {
        self.connection = connection
        guard try connection.read(24).starts(with: Array("PRI * HTTP/2.0".utf8)) else {
            throw LoopbackConnection.Closed()
        }
        // Settings, and room for 16 MiB on the connection; each stream gets more as it sends.
        try write(type: 4, stream: 0, [])
        try write(type: 8, stream: 0, [1, 0, 0, 0])
    }

    /// Reads frames up to the end of a request.
    func nextRequest() throws -> (stream: UInt32, body: [UInt8]) {
        while true {
            let head = try connection.read(9)
            let payload = try connection.read(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
            let flags = head[4]
            let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
            switch head[3] {
            case 0:
                bodies[stream, default: []] += payload
                if flags & 1 == 0, !payload.isEmpty { try write(type: 8, stream: stream, [0, 1, 0, 0]) }
            case 1: bodies[stream] = []
            case 4 where flags & 1 == 0: try write(type: 4, flags: 1, stream: 0, [])
            case 6 where flags & 1 == 0: try write(type: 6, flags: 1, stream: 0, payload)
            default: continue
            }
            if head[3] <= 1, flags & 1 == 1 { return (stream, bodies.removeValue(forKey: stream) ?? []) }
        }
    }

    /// Status 200, one field, and the body.
    func answer(_ stream: UInt32, body: [UInt8]) throws {
        // `:status: 200` from the static table, then `x-a: b` as a literal.
        try write(type: 1, flags: 4, stream: stream, [0x88, 0x00, 3] + Array("x-a".utf8) + [1] + Array("b".utf8))
        var rest = body[...]
        while rest.count > 16_384 {
            try write(type: 0, stream: stream, Array(rest.prefix(16_384)))
            rest = rest.dropFirst(16_384)
        }
        try write(type: 0, flags: 1, stream: stream, Array(rest))
    }

    private func write(type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8]) throws {
        let length = payload.count
        let head: [UInt8] = [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
        try connection.write(head + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 255) } + payload)
    }
}
