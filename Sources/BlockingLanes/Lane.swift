internal import DequeModule

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// One named thread with a queue: where calls to a blocking C library run, one after the other.
///
/// Swift's own pool has one thread per core, so a C call that waits for a disk or a server would hold up tasks that have
/// nothing to do with it. A lane waits instead. It can be used in three ways: as the executor of an actor that owns a C handle
/// (`SerialExecutor`), as the preference of a task (`TaskExecutor`), or with plain closures (`submit`, `run`), which need no
/// task at all.
///
/// A lane lives until `stop()` is called; its thread keeps it alive until then.
package final class Lane: SerialExecutor, TaskExecutor {
    /// The name of the thread, as debuggers and `top -H` show it (the first 15 bytes on Linux).
    package let name: String

    private let queue: Monitor<Queue>

    /// Starts the thread.
    package init(name: String) {
        self.name = name
        self.queue = Monitor(Queue())
        start()
    }

    /// Whether the caller runs on this lane's thread.
    package var isCurrent: Bool {
        let caller = ThreadID.current
        return queue.withLock { $0.thread == caller }
    }

    // MARK: Work

    /// Puts a closure at the end of the queue.
    ///
    /// - Returns: False if the lane was stopped; the closure is then dropped and never runs.
    @discardableResult
    package func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        let added = queue.withLock { queue in
            if queue.isStopping { return (accepted: false, wake: false) }
            queue.items.append(.closure(work))
            return (accepted: true, wake: queue.isWaiting)
        }
        if added.wake { queue.wakeAll() }
        return added.accepted
    }

    /// Puts the next step of a task at the end of the queue.
    ///
    /// A task must be resumed even if it arrives after `stop()`: it then runs on a thread that ends with the queue, still one
    /// step after the other.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (wake, revive) = queue.withLock { queue in
            queue.items.append(.task(job))
            let revive = queue.isFinished
            if revive { queue.isFinished = false }
            return (queue.isWaiting, revive)
        }
        if revive { start() } else if wake { queue.wakeAll() }
    }

    // MARK: Stopping

    /// Ends the lane: no new closure is accepted, what is queued still runs, and the call returns when the thread is through.
    ///
    /// May be called any number of times and from any thread. Called on the lane itself it cannot wait for itself: it returns
    /// at once, and the thread ends after the last queued item. In async code prefer `stopped()`, which blocks no thread.
    package func stop() {
        let onLane = isCurrent
        closeQueue()
        if onLane { return }
        queue.wait { $0.isFinished ? () : nil }
    }

    /// Ends the lane like `stop()`, without waiting.
    package func stopWithoutWaiting() {
        closeQueue()
    }

    /// Ends the lane like `stop()` and suspends, instead of blocking, until the thread is through.
    package func stopped() async {
        closeQueue()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isFinished = queue.withLock { queue in
                if !queue.isFinished { queue.finishObservers.append(continuation) }
                return queue.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    private func closeQueue() {
        queue.withLock { $0.isStopping = true }
        queue.wakeAll()
    }

    // MARK: Executor

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    package func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    package func checkIsolated() {
        precondition(isCurrent, "This code must run on the lane '\(name)'.")
    }

    // MARK: The thread

    private func start() {
        Thread.startDetached(name: name) { [self] in loop() }
    }

    private func loop() {
        let thread = ThreadID.current
        queue.withLock { $0.thread = thread }
        let serial = unsafe asUnownedSerialExecutor()
        let preference = unsafe asUnownedTaskExecutor()
        while true {
            switch queue.wait(for: { $0.next() }) {
            case .closure(let work): work()
            case .task(let job): unsafe job.runSynchronously(isolatedTo: serial, taskExecutor: preference)
            case .end(let observers):
                queue.wakeAll()
                for observer in observers { observer.resume() }
                return
            }
        }
    }
}

extension Lane {
    fileprivate enum Item {
        case closure(@Sendable () -> Void)
        case task(UnownedJob)
        case end(observers: [CheckedContinuation<Void, Never>])
    }

    fileprivate struct Queue {
        var items = Deque<Item>()
        /// The thread that runs items now; nil before the first and after the last.
        var thread: ThreadID?
        var isWaiting = false
        var isStopping = false
        /// Stopped, drained, and no thread at work.
        var isFinished = false
        var finishObservers: [CheckedContinuation<Void, Never>] = []

        /// The item to run now, or nil to go on waiting.
        mutating func next() -> Item? {
            isWaiting = false
            if let item = items.popFirst() { return item }
            guard isStopping else {
                isWaiting = true
                return nil
            }
            isFinished = true
            thread = nil
            defer { finishObservers = [] }
            return .end(observers: finishObservers)
        }
    }
}
