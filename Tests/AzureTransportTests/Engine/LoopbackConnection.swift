import MigrationCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One connection of a `LoopbackServer`, used by the thread of its script.
final class LoopbackConnection {
    struct Closed: Error {}

    let number: Int
    private let descriptor: Int32
    private var isOpen = true
    private var buffer: [UInt8] = []
    private let received: (ReceivedRequest) -> Void

    init(descriptor: Int32, number: Int, received: @escaping (ReceivedRequest) -> Void) {
        self.descriptor = descriptor
        self.number = number
        self.received = received
    }

    // MARK: Reading

    /// Reads a request with its body; throws when the other side has gone.
    @discardableResult
    func readRequest() throws -> ReceivedRequest {
        let head = try readHead()
        let length =
            ReceivedRequest(connection: number, head: head, body: []).value(of: "Content-Length").flatMap { Int($0) }
            ?? 0
        let request = ReceivedRequest(connection: number, head: head, body: try read(length))
        received(request)
        return request
    }

    /// Reads up to the empty line.
    func readHead() throws -> String {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let index = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) {
                defer { buffer.removeFirst(index + 4) }
                return String(decoding: buffer[..<(index + 4)], as: UTF8.self)
            }
            buffer += try readSome()
        }
    }

    func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count { buffer += try readSome() }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// What comes next, at most 64 KiB.
    func readSome() throws -> [UInt8] {
        let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { bytes, count in
            count = max(0, recv(descriptor, bytes.baseAddress, bytes.count, 0))
        }
        guard !bytes.isEmpty else { throw Closed() }
        return bytes
    }

    /// Reads whatever comes until the other side closes.
    func waitForClose() {
        while (try? readSome()) != nil {}
    }

    // MARK: Writing

    func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count { sent += try writeSome(bytes[sent...]) }
    }

    /// Writes as much as the other side makes room for; waits for room.
    func writeSome(_ bytes: ArraySlice<UInt8>) throws -> Int {
        let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Self.noSignal) }
        guard count > 0 else { throw Closed() }
        return count
    }

    /// An answer with a body and its length.
    func answer(_ status: String = "200 OK", headers: [String] = [], body: String = "") throws {
        let fields = (headers + ["Content-Length: \(body.utf8.count)"]).map { $0 + "\r\n" }.joined()
        try write("HTTP/1.1 \(status)\r\n\(fields)\r\n\(body)")
    }

    /// Says nothing for a while.
    func rest(milliseconds: UInt32) {
        usleep(milliseconds * 1_000)
    }

    // MARK: Ending

    func close() {
        guard isOpen else { return }
        isOpen = false
        #if canImport(Darwin)
        Darwin.close(descriptor)
        #elseif canImport(Musl)
        Musl.close(descriptor)
        #else
        Glibc.close(descriptor)
        #endif
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private static var noSignal: Int32 {
        #if canImport(Darwin)
        0
        #else
        Int32(MSG_NOSIGNAL)
        #endif
    }
}

/// Something that a script waits for or that a test waits for: a gate that opens once.
final class Gate: Sendable {
    private let isOpen = Locked(false)

    func open() { isOpen.withLock { $0 = true } }

    /// For a script, on its own thread.
    func block() {
        while !isOpen.withLock({ $0 }) { usleep(1_000) }
    }

    /// For a test.
    func passed() async throws {
        while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
    }
}
