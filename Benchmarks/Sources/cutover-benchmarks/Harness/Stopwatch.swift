internal import Foundation

/// Takes times.
enum Stopwatch {
    /// The seconds that a closure takes.
    static func seconds(_ body: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await body()
        return start.duration(to: .now).inSeconds
    }

    /// The seconds that a synchronous closure takes.
    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return start.duration(to: .now).inSeconds
    }

    /// The seconds of processor time that this process spends during a closure.
    static func processorSeconds(_ body: () async throws -> Void) async rethrows -> Double {
        let start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
        try await body()
        return Double(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e9
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// How often a closure must be called so that the calls together take about `duration`.
    static func repetitions(for duration: Duration = .milliseconds(80), _ body: () throws -> Void) rethrows -> Int {
        var count = 1
        while true {
            let taken = try seconds { for _ in 0..<count { try body() } }
            if taken >= duration.inSeconds / 4 {
                return max(1, Int(Double(count) * duration.inSeconds / taken))
            }
            count *= 4
        }
    }
}

extension Duration {
    /// The length in seconds.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

/// Takes a value and does nothing with it that the optimizer could see.
@inline(never)
@_optimize(none)
func keep<Value>(_ value: Value) {}
