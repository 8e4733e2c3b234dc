internal import MigrationCore

/// What each document of the control plane was at which time, so that a read can be answered from a replica that lags.
///
/// The answers keep the promise of a session: a process never reads a document as it was before its own last write of it, or
/// before what it has read already. What others wrote meanwhile may be missing.
final class StaleReads: Sendable {
    private struct State {
        var histories: [DocumentKey: [(at: Duration, document: StoredDocument?)]] = [:]
    }

    private let world: SimulatedWorld
    private let state = Locked(State())

    init(_ world: SimulatedWorld) { self.world = world }

    /// Notes what a document is now.
    func note(_ document: StoredDocument?, at key: DocumentKey) {
        let now = world.executor.now
        state.withLock { state in
            guard state.histories[key]?.last.map({ $0.document?.etag != document?.etag }) != false else { return }
            state.histories[key, default: []].append((now, document))
        }
    }

    /// What the document was some time ago; `nil` when that is what it is now, or when the process knows better.
    func before(_ current: StoredDocument?, at key: DocumentKey, lag: Duration, seen: Duration) -> StoredDocument?? {
        let time = max(world.executor.now - lag, seen)
        let then = state.withLock { $0.histories[key]?.last { $0.at <= time } }
        guard let then, then.document?.etag != current?.etag else { return nil }
        return .some(then.document)
    }
}
