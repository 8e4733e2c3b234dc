internal import CutoverBlockingLanes
internal import MigrationCore

/// Copies the write-ahead log into the file beside the commits, so that hardly any commit waits for it.
///
/// SQLite's own way is a checkpoint inside the first commit that finds 1,000 pages in the log. That commit waits until hundreds of
/// scattered pages are on the disk, the longer the larger the file is, and every call of its group with it. Here a connection of
/// its own copies them and waits for the disk, on a lane of its own; the writer then copies what was committed meanwhile, which is
/// little, and that lets the log begin anew. So two checkpoints of one process never run at once.
final class Checkpointer: Sendable {
    /// How many pages the log holds when copying begins. More would make it rarer, and the log and each copying longer.
    static let pages = 1_000

    private let lane: Lane
    private let open: @Sendable () throws(StoreError) -> Connection
    /// Used on the lane only.
    private let connection = Locked<Connection?>(nil)

    /// - Parameter open: Makes a connection that may write; called on the lane, when there is something to copy.
    init(name: String, open: @escaping @Sendable () throws(StoreError) -> Connection) {
        self.open = open
        self.lane = Lane(name: "\(name)-c")
    }

    deinit {
        lane.stopWithoutWaiting()
    }

    /// Copies what the log holds now, then calls back, whether that succeeded or not; after `stop()` it does neither.
    ///
    /// A failure is no commit's failure: what it was meets the commit or the checkpoint that comes next.
    func copyLog(then: @escaping @Sendable () -> Void) {
        lane.submit { [self] in
            do throws(StoreError) {
                let connection = try openedConnection()
                try connection.copyLog()
                // Or the writer's own copying, which completes it, would wait for all of these pages.
                try connection.syncFile()
            } catch {}
            then()
        }
    }

    private func openedConnection() throws(StoreError) -> Connection {
        if let connection = connection.withLock({ $0 }) { return connection }
        let connection = try open()
        self.connection.withLock { $0 = connection }
        return connection
    }

    /// Lets the copying under way finish, and closes the connection.
    func stop() async {
        lane.submit { [self] in
            connection.withLock { connection in
                connection?.close()
                connection = nil
            }
        }
        await lane.stopped()
    }
}
