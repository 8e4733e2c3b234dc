internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Decides how long a connection waits for another connection, of this process or another, to let go of the file.
///
/// SQLite asks after each attempt. The answer is yes, after a short sleep, until the limit has passed since the first attempt
/// or the waiting task is cancelled; the call then fails with `SQLITE_BUSY`.
final class BusyHandler: Sendable {
    private let limitNanoseconds: Int64
    private let startedAt = Atomic<Int64>(0)
    private let isCancelled = Atomic<Bool>(false)

    init(limit: Duration) {
        let (seconds, attoseconds) = limit.components
        self.limitNanoseconds =
            seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue + attoseconds / 1_000_000_000
    }

    /// Makes a wait that goes on end now; `rearm()` takes it back.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Whether `cancel()` was called since the last `rearm()`.
    var wasCancelled: Bool { isCancelled.load(ordering: .relaxed) }

    func rearm() { isCancelled.store(false, ordering: .relaxed) }

    /// Sleeps and returns true to try again, or returns false to give up.
    func waits(afterAttempts attempts: Int) -> Bool {
        if wasCancelled { return false }
        let now = Self.monotonicNanoseconds()
        if attempts == 0 { startedAt.store(now, ordering: .relaxed) }
        let left = limitNanoseconds - (now - startedAt.load(ordering: .relaxed))
        if left <= 0 { return false }
        // 0.25 ms, 0.5 ms, then 1 ms: a busy process leaves only short gaps between its transactions, and who looks seldom
        // may miss them all until the deadline.
        let pause = Int64(250_000) << Int64(min(attempts, 2))
        var request = timespec(tv_sec: 0, tv_nsec: Int(min(pause, left)))
        unsafe nanosleep(&request, nil)
        return true
    }

    private static func monotonicNanoseconds() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
