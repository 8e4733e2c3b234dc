/// The failures of all workers of a copy: counted exactly, kept within bounds, handed on one by one.
final class CopyFailures: Sendable {
    private struct State {
        var count: Int64
        var kept: [CopyFailure] = []
        var bytesLeft: Int
    }

    private let state: Locked<State>
    private let maximumKept: Int
    private let maximumCount: Int64
    private let handler: @Sendable (CopyFailure) async throws(StoreError) -> Void

    /// - Parameters:
    ///   - earlier: the failures of earlier runs of the job.
    ///   - maximumKept: how many are kept for the report.
    ///   - maximumKeptBytes: how many bytes of documents are kept in all.
    ///   - maximumCount: how many there may be before the copy stops.
    ///   - handler: gets every one of them with all bytes.
    init(
        earlier: Int64,
        maximumKept: Int,
        maximumKeptBytes: Int,
        maximumCount: Int64,
        handler: @escaping @Sendable (CopyFailure) async throws(StoreError) -> Void
    ) {
        state = Locked(State(count: earlier, bytesLeft: maximumKeptBytes))
        self.maximumKept = maximumKept
        self.maximumCount = maximumCount
        self.handler = handler
    }

    /// Takes a failure; returns when the handler has it.
    func add(_ failure: CopyFailure) async throws(StoreError) {
        try await handler(failure)
        state.withLock { state in
            state.count += 1
            guard state.kept.count < maximumKept else { return }
            let size = failure.bytes?.count ?? 0
            let bytes = size <= state.bytesLeft ? failure.bytes : nil
            state.bytesLeft -= bytes?.count ?? 0
            state.kept.append(CopyFailure(key: failure.key, error: failure.error, bytes: bytes))
        }
    }

    /// Whether there are more than the copy may have.
    var areTooMany: Bool { state.withLock { $0.count > maximumCount } }

    var kept: [CopyFailure] { state.withLock { $0.kept } }
}
