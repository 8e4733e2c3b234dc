internal import Synchronization

#if TSAN
@_silgen_name("__tsan_acquire") private func tsanAcquire(_ address: UnsafeMutableRawPointer)
@_silgen_name("__tsan_release") private func tsanRelease(_ address: UnsafeMutableRawPointer)
#endif

/// State that several threads share, reachable only while its lock is held.
///
/// Every lock of this package is one of these. The thread sanitizer of Swift 6.3 for Linux does not see `Mutex`, so a build
/// with `-DTSAN` tells it what the lock orders; the sanitizer then needs no suppressions for our own code.
///
/// Keep the closure short and synchronous: decide under the lock, act after it.
package final class Locked<State>: Sendable {
    private let mutex: Mutex<State>

    package init(_ state: consuming sending State) {
        self.mutex = Mutex(state)
    }

    /// Runs `body` with exclusive access to the state and returns what it returns.
    package borrowing func withLock<Result, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { (state) throws(Failure) -> sending Result in
            #if TSAN
            tsanAcquire(Unmanaged.passUnretained(self).toOpaque())
            defer { tsanRelease(Unmanaged.passUnretained(self).toOpaque()) }
            #endif
            return try body(&state)
        }
    }
}
