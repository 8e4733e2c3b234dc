internal import Synchronization

/// Calls that many writers note and one measure takes.
final class LockedCalls: Sendable {
    private let calls = Mutex<[CallLog.Call]>([])

    func add(_ call: CallLog.Call) { calls.withLock { $0.append(call) } }

    func take() -> [CallLog.Call] {
        calls.withLock { calls in
            let taken = calls
            calls.removeAll(keepingCapacity: true)
            return taken
        }
    }
}
