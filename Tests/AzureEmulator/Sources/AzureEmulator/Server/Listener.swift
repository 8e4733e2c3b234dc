import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One service behind one port of 127.0.0.1.
struct Listener: Sendable {
    typealias Connections = NIOAsyncChannel<NIOAsyncChannel<HTTPServerRequestPart, HTTPPartOfResponse>, Never>

    let service: any Service
    let isSecure: Bool
    let connections: Connections

    /// The port that is listened on.
    var port: Int { connections.channel.localAddress?.port ?? 0 }

    /// Listens; port 0 takes a free one.
    static func bind(
        _ service: any Service,
        port: Int,
        tls: NIOSSLContext?,
        group: MultiThreadedEventLoopGroup
    ) async throws -> Listener {
        let connections = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4_096, initial: 65_536, maximum: 1 << 20)
            )
            .bind(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    // Requests are answered one after the other in any case, so no help with pipelining is needed.
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false,
                        withErrorHandling: false
                    )
                    try pipeline.addHandler(ResponseParts())
                    return try NIOAsyncChannel<HTTPServerRequestPart, HTTPPartOfResponse>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        return Listener(service: service, isSecure: tls != nil, connections: connections)
    }

    /// Serves until the task is cancelled.
    func run(_ emulator: Emulator, maximumBodyBytes: Int) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await connections.executeThenClose { inbound in
                for try await channel in inbound {
                    group.addTask {
                        let connection = Connection(
                            emulator: emulator,
                            service: service,
                            isSecure: isSecure,
                            maximumBodyBytes: maximumBodyBytes
                        )
                        await connection.serve(channel)
                    }
                }
            }
        }
    }
}

/// The parts of an answer, with whole arrays for bodies.
enum HTTPPartOfResponse: Sendable {
    case head(HTTPResponseHead)
    case body(ByteBuffer)
    case end
}

/// Turns the parts into those of NIO.
private final class ResponseParts: ChannelOutboundHandler {
    typealias OutboundIn = HTTPPartOfResponse
    typealias OutboundOut = HTTPServerResponsePart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part: HTTPServerResponsePart =
            switch unwrapOutboundIn(data) {
            case .head(let head): .head(head)
            case .body(let buffer): .body(.byteBuffer(buffer))
            case .end: .end(nil)
            }
        context.write(wrapOutboundOut(part), promise: promise)
    }
}
