internal import CutoverBlockingLanes
internal import MigrationCore

extension Lane {
    /// Runs a throwing closure on the lane; a cancelled or stopped call is a `StoreError` as well.
    func runThrowing<Value: Sendable>(
        interrupt: (@Sendable () -> Void)? = nil,
        _ body: @escaping @Sendable () throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let outcome = await run(interrupt: interrupt) { Result { () throws(StoreError) in try body() } }
        switch outcome {
        case .finished(let result): return try result.get()
        case .cancelled: throw .cancelledCall
        case .stopped: throw .closedStore
        }
    }
}
