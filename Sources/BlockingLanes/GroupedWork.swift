package import MigrationCore

/// A work that waits to be committed together with others, whatever it returns.
///
/// Stores with a group commit queue these: a caller waits, is released when it is cancelled before its work began, and gets the
/// result of the last run once its group is committed.
package protocol PendingWork<Context>: Sendable {
    associatedtype Context

    /// Leaves the queue; false if its task was cancelled meanwhile.
    func begin() -> Bool
    /// Runs inside a transaction and keeps the result for `finish()`; returns the error that it threw, if any.
    func run(in context: Context) -> StoreError?
    /// Answers with the result of the last run.
    func finish()
    /// Answers with an error.
    func fail(with error: StoreError)
}

/// The work of one caller.
package final class GroupedWork<Context, Value: Sendable>: PendingWork {
    private typealias Answer = Result<Value, StoreError>

    private enum Phase {
        case new
        case cancelledEarly
        case waiting(CheckedContinuation<Result<Value, StoreError>, Never>)
        case running(CheckedContinuation<Result<Value, StoreError>, Never>, Result<Value, StoreError>?)
        case over
    }

    private let phase = Locked(Phase.new)
    private let cancellation: StoreError
    private let body: @Sendable (Context) throws(StoreError) -> Value

    /// - Parameters:
    ///   - cancellation: what a caller gets that was cancelled before its work began.
    ///   - body: the work; it may run more than once.
    package init(
        cancellation: StoreError,
        body: @escaping @Sendable (Context) throws(StoreError) -> Value
    ) {
        self.cancellation = cancellation
        self.body = body
    }

    /// Queues the work and waits for its result.
    package func result(enqueue: (GroupedWork) -> Void) async throws(StoreError) -> Value {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard wait(with: continuation) else { return }
                enqueue(self)
            }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    private func wait(with continuation: CheckedContinuation<Result<Value, StoreError>, Never>) -> Bool {
        let waits = phase.withLock { phase in
            if case .cancelledEarly = phase {
                phase = .over
                return false
            }
            phase = .waiting(continuation)
            return true
        }
        if !waits { continuation.resume(returning: .failure(cancellation)) }
        return waits
    }

    package func begin() -> Bool {
        phase.withLock { phase in
            guard case .waiting(let continuation) = phase else { return false }
            phase = .running(continuation, nil)
            return true
        }
    }

    package func run(in context: Context) -> StoreError? {
        let result = Answer { () throws(StoreError) in try body(context) }
        phase.withLock { phase in
            if case .running(let continuation, _) = phase { phase = .running(continuation, result) }
        }
        if case .failure(let error) = result { return error }
        return nil
    }

    package func finish() {
        let answer = phase.withLock { phase -> (CheckedContinuation<Answer, Never>, Answer)? in
            guard case .running(let continuation, let result?) = phase else { return nil }
            phase = .over
            return (continuation, result)
        }
        answer?.0.resume(returning: answer!.1)
    }

    package func fail(with error: StoreError) {
        let continuation = phase.withLock { phase -> CheckedContinuation<Answer, Never>? in
            switch phase {
            case .waiting(let continuation), .running(let continuation, _):
                phase = .over
                return continuation
            case .new, .cancelledEarly, .over:
                return nil
            }
        }
        continuation?.resume(returning: .failure(error))
    }

    private func cancel() {
        let waiting = phase.withLock { phase -> CheckedContinuation<Answer, Never>? in
            switch phase {
            case .new:
                phase = .cancelledEarly
                return nil
            case .waiting(let continuation):
                phase = .over
                return continuation
            case .cancelledEarly, .running, .over:
                return nil
            }
        }
        waiting?.resume(returning: .failure(cancellation))
    }
}
