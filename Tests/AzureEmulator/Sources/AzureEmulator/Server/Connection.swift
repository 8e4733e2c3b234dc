import NIOCore
import NIOHTTP1

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One connection: reads whole requests and writes their answers, one after the other.
struct Connection: Sendable {
    let emulator: Emulator
    let service: any Service
    let isSecure: Bool
    let maximumBodyBytes: Int

    func serve(_ channel: NIOAsyncChannel<HTTPServerRequestPart, HTTPPartOfResponse>) async {
        // A client that goes away is no error of this server.
        try? await channel.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            var isTooLarge = false
            for try await part in inbound {
                switch part {
                case .head(let received):
                    head = received
                    body = []
                    isTooLarge = false
                    let length = received.headers.first(name: "content-length").flatMap { Int($0) }
                    if let length, length <= maximumBodyBytes { body.reserveCapacity(length) }
                    if received.headers.first(name: "expect")?.lowercased() == "100-continue" {
                        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
                    }
                case .body(let buffer):
                    isTooLarge = isTooLarge || body.count + buffer.readableBytes > maximumBodyBytes
                    if !isTooLarge { buffer.withUnsafeReadableBytes { body.append(contentsOf: $0) } }
                case .end:
                    guard let received = head else { return }
                    let request = makeRequest(received, body: body)
                    body = []
                    var response =
                        isTooLarge ? Response(413) : await emulator.answer(request, at: service)
                    response.set("Date", Clock.machine.rfc1123)
                    let staysOpen = received.isKeepAlive
                    if response.delivery == .reset { return try await reset(channel.channel) }
                    let isWhole = try await write(response, to: outbound, method: request.method, keepAlive: staysOpen)
                    if !isWhole || !staysOpen { return }
                }
            }
        }
    }

    private func makeRequest(_ head: HTTPRequestHead, body: [UInt8]) -> Request {
        Request(
            method: head.method.rawValue,
            target: head.uri,
            headers: head.headers.map { Field($0.name, $0.value) },
            body: body,
            isSecure: isSecure
        )
    }

    /// Writes an answer; false if the connection must end after it.
    private func write(
        _ response: Response,
        to outbound: NIOAsyncChannelOutboundWriter<HTTPPartOfResponse>,
        method: String,
        keepAlive: Bool
    ) async throws -> Bool {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        let hasBody = method != "HEAD" && response.status != 204 && response.status != 304
        // An answer to HEAD may name the length of the body that it does not have.
        if method != "HEAD" || response.header("Content-Length") == nil {
            headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count))
        }
        if !keepAlive { headers.replaceOrAdd(name: "Connection", value: "close") }
        headers.replaceOrAdd(name: "Server", value: "azure-emulator")
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: response.status),
            headers: headers
        )
        guard hasBody, !response.body.isEmpty else {
            try await outbound.write(contentsOf: [.head(head), .end])
            return true
        }
        switch response.delivery {
        case .whole, .reset:
            try await outbound.write(contentsOf: [.head(head), .body(ByteBuffer(bytes: response.body)), .end])
            return true
        case .truncated(let count):
            let part = response.body.prefix(count)
            try await outbound.write(contentsOf: [.head(head), .body(ByteBuffer(bytes: part))])
            return false
        case .slow(let pieceBytes, let pause):
            try await outbound.write(.head(head))
            var rest = response.body[...]
            while !rest.isEmpty {
                try await Task.sleep(for: .milliseconds(pause))
                try await outbound.write(.body(ByteBuffer(bytes: rest.prefix(pieceBytes))))
                rest = rest.dropFirst(pieceBytes)
            }
            try await outbound.write(.end)
            return true
        }
    }

    /// Ends a connection so that the client sees a reset and not an end.
    private func reset(_ channel: any Channel) async throws {
        if let socket = channel as? any SocketOptionProvider {
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try await channel.close(mode: .all).get()
    }
}
