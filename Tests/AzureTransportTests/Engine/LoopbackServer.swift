import CutoverAzureTransport
import CutoverBlockingLanes
import MigrationCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A server on a free port of this machine that talks plain sockets, so that a test decides over each byte and each silence.
///
/// Each connection has a thread, on which the script that the test gave runs; the connection is closed when the script ends.
final class LoopbackServer: Sendable {
    struct SocketFailure: Error {
        let call: String
        let error = errno
    }

    let port: Int
    private let listener: Int32
    private let state = Locked<(opened: Int, requests: [ReceivedRequest])>((0, []))

    init(_ script: @escaping @Sendable (LoopbackConnection) throws -> Void) throws {
        let listener = socket(AF_INET, Self.stream, 0)
        guard listener >= 0 else { throw SocketFailure(call: "socket") }
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else { throw SocketFailure(call: "bind") }
        self.listener = listener
        self.port = Int(UInt16(bigEndian: address.sin_port))
        let lane = Lane(name: "loopback")
        let state = state
        lane.submit { Self.accept(on: listener, state, script) }
        lane.stopWithoutWaiting()
    }

    deinit {
        // The accepting thread wakes up and closes it: closed here, its number could become another server's meanwhile.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// A port of this machine at which nobody listens.
    static func silentPort() throws -> Int {
        try LoopbackServer { _ in }.port
    }

    func url(_ target: String = "/", scheme: String = "http") -> HTTPURL {
        guard let url = HTTPURL("\(scheme)://127.0.0.1:\(port)\(target)") else { fatalError("not a URL: \(target)") }
        return url
    }

    /// How many connections were made so far.
    var connections: Int { state.withLock { $0.opened } }

    /// What was read with `readRequest()`, in order.
    var requests: [ReceivedRequest] { state.withLock { $0.requests } }

    private static var stream: Int32 {
        #if canImport(Glibc)
        Int32(SOCK_STREAM.rawValue)
        #else
        Int32(SOCK_STREAM)
        #endif
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func accept(
        on listener: Int32,
        _ state: Locked<(opened: Int, requests: [ReceivedRequest])>,
        _ script: @escaping @Sendable (LoopbackConnection) throws -> Void
    ) {
        while true {
            #if canImport(Darwin)
            let descriptor = Darwin.accept(listener, nil, nil)
            #elseif canImport(Musl)
            let descriptor = Musl.accept(listener, nil, nil)
            #else
            let descriptor = Glibc.accept(listener, nil, nil)
            #endif
            guard descriptor >= 0 else {
                close(listener)
                return
            }
            let number = state.withLock { state in
                state.opened += 1
                return state.opened
            }
            let lane = Lane(name: "loopback-\(number)")
            lane.submit {
                let connection = LoopbackConnection(descriptor: descriptor, number: number) { request in
                    state.withLock { $0.requests.append(request) }
                }
                // A script that can no longer read or write has nothing left to do.
                try? script(connection)
                connection.close()
            }
            lane.stopWithoutWaiting()
        }
    }
}

/// One request as it stood on the wire.
struct ReceivedRequest: Sendable {
    /// The connections of a server are counted from 1.
    let connection: Int
    /// Everything up to the empty line, with its line ends.
    let head: String
    let body: [UInt8]

    var lines: [String] { head.split(separator: "\r\n").map(String.init) }

    func value(of name: String) -> String? {
        lines.dropFirst().first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { $0.dropFirst(name.count + 1).trimmingPrefix { $0 == " " } }.map(String.init)
    }
}
