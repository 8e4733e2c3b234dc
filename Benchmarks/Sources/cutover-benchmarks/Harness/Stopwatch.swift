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
