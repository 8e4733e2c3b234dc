package import Synchronization

#if TSAN
@_silgen_name("__tsan_acquire") @usableFromInline func tsanAcquire(_ address: UnsafeMutableRawPointer)
@_silgen_name("__tsan_release") @usableFromInline func tsanRelease(_ address: UnsafeMutableRawPointer)
#endif

/// State that several threads share, reachable only while its lock is held.
///
/// Every lock of this package is one of these. The thread sanitizer of Swift 6.3 for Linux does not see `Mutex`, so a build
/// with `-DTSAN` tells it what the lock orders; the sanitizer then needs no suppressions for our own code.
///
/// Keep the closure short and synchronous: decide under the lock, act after it.
package final class Locked<State>: Sendable {
    @usableFromInline let mutex: Mutex<State>

    @inlinable
    package init(_ state: consuming sending State) {
        self.mutex = Mutex(state)
    }

    /// Runs `body` with exclusive access to the state and returns what it returns.
    ///
    /// Inlinable, because the generic code of another module looks its types up at run time in each call.
    @inlinable
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
