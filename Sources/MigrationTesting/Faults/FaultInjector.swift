internal import MigrationCore

/// Counts the calls of one store and strikes them with the faults of a plan.
///
/// Both fault-injecting stores hold one; keep it to see what struck, or to change the plan between phases of a test.
public final class FaultInjector: Sendable {
    private struct State {
        var plan: FaultPlan
        var all = 0
        var reads = 0
        var writes = 0
        var struck: [Fault] = []
    }

    private let state: Locked<State>
    private let clock: any Clock<Duration>

    /// Makes an injector; delays pass on the clock.
    public init(_ plan: FaultPlan = .none, clock: any Clock<Duration> = ContinuousClock()) {
        state = Locked(State(plan: plan))
        self.clock = clock
    }

    /// The faults that have struck so far, oldest first.
    public var struck: [Fault] { state.withLock { $0.struck } }

    /// How many calls have arrived since the plan was set.
    public var calls: Int { state.withLock { $0.all } }

    /// Goes on with another plan; calls are counted from 1 again.
    public func set(_ plan: FaultPlan) {
        state.withLock { state in
            state.plan = plan
            (state.all, state.reads, state.writes) = (0, 0, 0)
        }
    }

    /// The fault for the next call. Delays and refusals happen here; what remains is up to the store.
    func strike(_ scope: FaultScope, _ store: StoreID) async throws(StoreError) -> Fault? {
        let fault: Fault? = state.withLock { state in
            state.all += 1
            if scope == .reads { state.reads += 1 } else { state.writes += 1 }
            let own = scope == .reads ? state.reads : state.writes
            guard let fault = state.plan.fault(scope, all: state.all, own: own) else { return nil }
            state.struck.append(fault)
            return fault
        }
        let context = StoreError.Context(store: store)
        switch fault {
        case .beforeApply(let code)?:
            throw StoreError(code, "An injected fault: the request was lost.", context: context)
        case .throttle(let pause)?:
            throw StoreError(
                .throttled,
                "An injected fault: the store asks for fewer requests.",
                context: .init(store: store, retryAfter: pause)
            )
        case .delay(let duration)?:
            do {
                try await clock.sleep(for: duration)
            } catch {
                throw StoreError(.cancelled, "The task was cancelled while the call was delayed.", context: context)
            }
            return nil
        default: return fault
        }
    }

    /// Runs a read under the plan.
    func read<Result>(
        _ store: StoreID,
        _ call: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let fault = try await strike(.reads, store)
        let result = try await call()
        switch fault {
        case .afterApply:
            throw StoreError(.unavailable, "An injected fault: the reply was lost.", context: .init(store: store))
        case .duplicate: return try await call()
        default: return result
        }
    }

    /// Runs a call that changes something and reports a lost reply as `outcomeUnknown`.
    func change<Result>(
        _ store: StoreID,
        _ call: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let fault = try await strike(.writes, store)
        let result = try await call()
        switch fault {
        case .afterApply: throw Self.lostReply(store)
        case .duplicate: return try await call()
        default: return result
        }
    }

    static func lostReply(_ store: StoreID) -> StoreError {
        StoreError(
            .outcomeUnknown,
            "An injected fault: the reply was lost, so the call may have been applied; read or append again.",
            context: .init(store: store)
        )
    }
}
