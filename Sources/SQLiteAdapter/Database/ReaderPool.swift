internal import CutoverBlockingLanes
internal import MigrationCore

/// The connections that read, and the lanes on which longer reads run.
///
/// A hop to a lane and back costs more than a point read takes. So a read that is bounded, a lookup by primary key, borrows a
/// connection and runs where its caller runs: in write-ahead mode it never waits for a writer. Scans and queries go to a lane.
final class ReaderPool: Sendable {
    private let open: @Sendable () throws(StoreError) -> Connection
    private let lanes: [Lane]
    private let maximumIdleCount: Int
    private let state = Locked(State())

    private struct State {
        var idle: [Connection] = []
        var isClosed = false
        var nextLane = 0
    }

    /// - Parameter open: Makes a connection that is ready for use.
    init(laneCount: Int, name: String, open: @escaping @Sendable () throws(StoreError) -> Connection) {
        self.open = open
        self.lanes = (0..<laneCount).map { Lane(name: "\(name)-r\($0)") }
        self.maximumIdleCount = laneCount + 8
    }

    deinit {
        for lane in lanes { lane.stopWithoutWaiting() }
    }

    /// Runs a bounded read on the caller's thread; on a lane if SQLite would have to wait, which is rare: another process
    /// recovers the log or closes the file.
    func readInline<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        do throws(StoreError) {
            return try withConnection { (connection) throws(StoreError) in
                connection.removeBusyHandler()
                defer { connection.installBusyHandler() }
                return try body(connection)
            }
        } catch {
            guard error.isBusyFile else { throw error }
            return try await read(body)
        }
    }

    /// Runs a read on a lane; cancelling the task interrupts it.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        // Taken on the lane, so that reads that wait in its queue hold no connection.
        let current = Locked(Interruptible())
        return try await lane().runThrowing(interrupt: { current.withLock { $0.interrupt() } }) {
            () throws(StoreError) -> Value in
            try self.withConnection { (connection) throws(StoreError) -> Value in
                current.withLock { $0.begin(on: connection) }
                // Before it goes back to the pool, so that a late interrupt cannot hit the next one who takes it.
                defer { current.withLock { $0.end() } }
                return try body(connection)
            }
        }
    }

    /// Lets reads under way finish, ends the lanes and closes the connections.
    func stop() async {
        state.withLock { $0.isClosed = true }
        for lane in lanes { await lane.stopped() }
        state.withLock { $0.idle = [] }
    }

    // MARK: Connections

    private func withConnection<Value>(
        _ body: (Connection) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let connection = try take()
        connection.busy.rearm()
        defer { giveBack(connection) }
        return try body(connection)
    }

    private func take() throws(StoreError) -> Connection {
        let (idle, isClosed) = state.withLock { ($0.idle.popLast(), $0.isClosed) }
        if isClosed { throw .closedStore }
        if let idle { return idle }
        return try open()
    }

    private func giveBack(_ connection: Connection) {
        state.withLock { state in
            if !state.isClosed && state.idle.count < maximumIdleCount { state.idle.append(connection) }
        }
    }

    /// The lanes take turns; a read is a page, so their queues stay even.
    private func lane() -> Lane {
        let index = state.withLock { state in
            state.nextLane = (state.nextLane + 1) % lanes.count
            return state.nextLane
        }
        return lanes[index]
    }
}

/// A read that may be interrupted before it has taken its connection.
private struct Interruptible {
    private var connection: Connection?
    private var isInterrupted = false

    mutating func begin(on connection: Connection) {
        self.connection = connection
        if isInterrupted { connection.interrupt() }
    }

    mutating func end() { connection = nil }

    mutating func interrupt() {
        isInterrupted = true
        connection?.interrupt()
    }
}
