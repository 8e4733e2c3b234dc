#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Waiting on a lane's own thread, where nothing else could run meanwhile.
enum Backoff {
    static func sleep(milliseconds: Double) {
        let nanoseconds = Int(milliseconds * 1_000_000)
        var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        unsafe _ = nanosleep(&time, nil)
    }
}
