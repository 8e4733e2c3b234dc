internal import MigrationCore

/// How a closure that was handed to a lane ended.
package enum LaneOutcome<Value: Sendable>: Sendable {
    /// The closure ran and returned this.
    case finished(Value)
    /// The task was cancelled while the closure waited in the queue; it never ran.
    case cancelled
    /// The lane was stopped before the closure was handed over; it never ran.
    case stopped
}

extension Lane {
    /// Runs a closure on the lane and suspends until it has ended.
    ///
    /// A task that is cancelled while its closure waits is released at once and the closure never runs. A closure that runs
    /// is always waited for; what can end it early is `interrupt`.
    ///
    /// - Parameters:
    ///   - interrupt: Called when the task is cancelled while the closure runs, and at no other time: never before it
    ///     starts, and never once the next work on the lane may begin, so it cannot hit that one (`sqlite3_interrupt`). It is
    ///     called on another thread, under a lock: it must not wait.
    ///   - body: The work. Return a `Result` to report failures.
    package func run<Value: Sendable>(
        interrupt: (@Sendable () -> Void)? = nil,
        _ body: @escaping @Sendable () -> Value
    ) async -> LaneOutcome<Value> {
        let call = LaneCall<Value>(interrupt: interrupt)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard call.wait(with: continuation) else { return }
                let accepted = submit {
                    guard call.begin() else { return }
                    call.end(with: .finished(body()))
                }
                if !accepted { call.end(with: .stopped) }
            }
        } onCancel: {
            call.cancel()
        }
    }
}

/// One closure on its way through a lane: waiting, running, over. The waiting task is resumed exactly once.
private final class LaneCall<Value: Sendable>: Sendable {
    private enum Phase {
        case new
        case cancelledEarly
        case waiting(CheckedContinuation<LaneOutcome<Value>, Never>)
        case running(CheckedContinuation<LaneOutcome<Value>, Never>)
        case over
    }

    private let phase = Locked(Phase.new)
    private let interrupt: (@Sendable () -> Void)?

    init(interrupt: (@Sendable () -> Void)?) {
        self.interrupt = interrupt
    }

    /// Takes the continuation; false (and resumed) if the task was cancelled before.
    func wait(with continuation: CheckedContinuation<LaneOutcome<Value>, Never>) -> Bool {
        let waits = phase.withLock { phase in
            if case .cancelledEarly = phase {
                phase = .over
                return false
            }
            phase = .waiting(continuation)
            return true
        }
        if !waits { continuation.resume(returning: .cancelled) }
        return waits
    }

    /// Moves from the queue onto the thread; false if the call was cancelled meanwhile.
    func begin() -> Bool {
        phase.withLock { phase in
            guard case .waiting(let continuation) = phase else { return false }
            phase = .running(continuation)
            return true
        }
    }

    func end(with outcome: LaneOutcome<Value>) {
        let continuation = phase.withLock { phase -> CheckedContinuation<LaneOutcome<Value>, Never>? in
            defer { phase = .over }
            switch phase {
            case .waiting(let continuation), .running(let continuation): return continuation
            case .new, .cancelledEarly, .over: return nil
            }
        }
        continuation?.resume(returning: outcome)
    }

    func cancel() {
        let waiting = phase.withLock { phase -> CheckedContinuation<LaneOutcome<Value>, Never>? in
            switch phase {
            case .new:
                phase = .cancelledEarly
                return nil
            case .waiting(let continuation):
                phase = .over
                return continuation
            case .running:
                // Under the lock, so that the closure cannot end, and the next one begin, in between.
                interrupt?()
                return nil
            case .cancelledEarly, .over:
                return nil
            }
        }
        waiting?.resume(returning: .cancelled)
    }
}
