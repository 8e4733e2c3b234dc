import Dispatch

/// Closed until it is opened; the thread that waits is blocked, as a C library would block it.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }
    func wait() { semaphore.wait() }
}
