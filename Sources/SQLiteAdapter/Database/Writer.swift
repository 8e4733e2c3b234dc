internal import CutoverBlockingLanes
internal import DequeModule
internal import MigrationCore

/// The one connection that writes, with its lane, and the group commit in front of it.
///
/// A commit waits for the disk, and while it waits other callers arrive. Everything that has arrived when the lane is free
/// again becomes one transaction with one wait for the disk; each caller gets its own result.
///
/// A work is a closure that first checks and then writes: one that throws before it has written anything harms no other. Should
/// one throw after it has written, which takes a damaged file or a limit that only SQLite knows, the transaction is rolled back
/// and every work of the group runs again in a transaction of its own. So a work may run twice, but is committed at most once.
final class Writer: Sendable {
    /// How many works one transaction takes at most: a bound for the time that a reader's write-ahead log can grow unseen.
    private static let maximumGroupCount = 512

    private let lane: Lane
    private let connection: Connection
    private let checkpointer: Checkpointer
    private let inbox = Locked(Inbox())
    /// Fires after each commit.
    let committed = ChangeSignal()
    private let tidying = Locked(Tidying())

    private struct Inbox {
        var works = Deque<any PendingWork<Connection>>()
        /// The lane will look into the inbox, or does so now.
        var isScheduled = false
        var isClosed = false
    }

    private struct Tidying {
        var isUnderWay = false
        /// How many pages the log has to hold until it is copied into the file.
        var pages = Checkpointer.pages
    }

    init(connection: Connection, checkpointer: Checkpointer, name: String) {
        self.connection = connection
        self.checkpointer = checkpointer
        self.lane = Lane(name: name)
    }

    deinit {
        lane.stopWithoutWaiting()
    }

    /// Runs a work inside a write transaction, alone or with others, and returns once it is durable.
    ///
    /// A task that is cancelled while its work waits is released at once with `.cancelled` and nothing is written. Once the
    /// work has begun its outcome is awaited, so that the caller knows it.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let work = GroupedWork<Connection, Value>(cancellation: .cancelledCall, body: body)
        return try await work.result(enqueue: enqueue)
    }

    /// Runs a closure on the lane, outside of any transaction.
    ///
    /// - Parameter isInterruptible: Whether a cancelled task ends the statement that runs.
    func run<Value: Sendable>(
        isInterruptible: Bool = false,
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let connection = connection
        let interrupt: @Sendable () -> Void = { connection.interrupt() }
        return try await lane.runThrowing(interrupt: isInterruptible ? interrupt : nil) {
            () throws(StoreError) -> Value in
            if connection.isClosed { throw .closedStore }
            connection.busy.rearm()
            return try body(connection)
        }
    }

    /// Runs what has been accepted, closes the connection and ends the thread. What comes later fails with `closed`.
    func stop() async {
        let isFirst = inbox.withLock { inbox in
            defer { inbox.isClosed = true }
            return !inbox.isClosed
        }
        if isFirst {
            lane.submit { [self] in
                while inbox.withLock({ !$0.works.isEmpty }) { commitTaken() }
                connection.close()
            }
        }
        await lane.stopped()
        await checkpointer.stop()
    }

    // MARK: The group

    private func enqueue(_ work: any PendingWork<Connection>) {
        let (isClosed, schedule) = inbox.withLock { inbox in
            if inbox.isClosed { return (true, false) }
            inbox.works.append(work)
            defer { inbox.isScheduled = true }
            return (false, !inbox.isScheduled)
        }
        if isClosed { work.fail(with: .closedStore) }
        if schedule { lane.submit { self.commitGroup() } }
    }

    /// On the lane: takes what waits, commits it, answers it, and comes back for what has arrived meanwhile.
    private func commitGroup() {
        commitTaken()
        let again = inbox.withLock { inbox in
            inbox.isScheduled = !inbox.works.isEmpty
            return inbox.isScheduled
        }
        // A lane that is stopped meanwhile refuses; what waits is then committed by the last closure, that of `stop()`.
        if again { lane.submit { self.commitGroup() } }
    }

    private func commitTaken() {
        let taken = inbox.withLock { inbox in
            let count = min(inbox.works.count, Self.maximumGroupCount)
            let taken = Array(inbox.works.prefix(count))
            inbox.works.removeFirst(count)
            return taken
        }
        // An interruption of what ran before is not meant for the group.
        connection.busy.rearm()
        commit(taken.filter { $0.begin() })
        keepLogShort()
    }

    private func commit(_ works: [any PendingWork<Connection>]) {
        guard !works.isEmpty else { return }
        do throws(StoreError) {
            try connection.writeTransaction { () throws(StoreError) in
                for work in works {
                    let before = connection.totalChanges
                    if let error = work.run(in: connection),
                        connection.totalChanges != before || !connection.isInTransaction
                    {
                        throw error
                    }
                }
                if Mutant.acknowledgedBeforeCommit.isOn { for work in works { work.finish() } }
            }
            for work in works { work.finish() }
            committed.fire()
        } catch {
            if works.count == 1 || error.isAboutTheFile {
                for work in works { work.fail(with: error) }
            } else {
                for work in works { commit([work]) }
            }
        }
    }

    // MARK: The log

    /// On the lane, after a group: has a long log copied into the file, beside the groups that follow.
    private func keepLogShort() {
        let pages = connection.logSize.pages
        let begins = tidying.withLock { tidying in
            // The log has begun anew.
            if pages < Checkpointer.pages { tidying.pages = Checkpointer.pages }
            if tidying.isUnderWay || pages < tidying.pages { return false }
            tidying.isUnderWay = true
            return true
        }
        guard begins else { return }
        checkpointer.copyLog { [weak self] in
            guard let self else { return }
            lane.submit { self.finishLog() }
        }
    }

    /// On the lane, between two groups: copies what was committed since, so that the next commit begins the log anew.
    ///
    /// While a reader is in the log it cannot begin anew: then it grows, and is copied again when it has grown by another quarter.
    private func finishLog() {
        guard !connection.isClosed else { return }
        do throws(StoreError) { try connection.copyLog() } catch {}
        let pages = connection.logSize.pages
        tidying.withLock { tidying in
            tidying.isUnderWay = false
            tidying.pages = pages + Checkpointer.pages / 4
        }
    }
}
