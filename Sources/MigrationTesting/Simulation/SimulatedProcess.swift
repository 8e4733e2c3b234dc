internal import MigrationCore

/// One life of one process: what dies with it, and the way its calls take to the stores.
///
/// Every call passes ``call(_:to:isWrite:_:)``, where faults strike. After a crash nothing that this life does reaches a store
/// any more, except requests that were on their way.
final class SimulatedProcess: Sendable {
    private struct State {
        var isCrashed = false
        var stalledUntil: Duration = .zero
        /// When the process last wrote or read the newest of a document.
        var seen: [DocumentKey: Duration] = [:]
        /// What the wall clock is wrong by, in milliseconds.
        var wallError: Int64 = 0
    }

    let world: SimulatedWorld
    let name: String
    let clock: SimulatedClock
    private let state = Locked(State())

    init(_ name: String, in world: SimulatedWorld) {
        self.world = world
        self.name = name
        let pace = world.chance { Double.random(in: 0.8...1.25, using: &$0) }
        world.count(.clockPace)
        clock = SimulatedClock(executor: world.executor, pace: pace)
    }

    var isCrashed: Bool { state.withLock { $0.isCrashed } }

    func crash() {
        state.withLock { $0.isCrashed = true }
        world.count(.crash)
        world.note("\(name) crashes")
    }

    /// Lets the process stand still: no request leaves it and no answer reaches it, while its clock goes on.
    func stall(for duration: Duration) {
        let end = world.executor.now + duration
        state.withLock { $0.stalledUntil = end }
        world.count(.stall)
        world.note("\(name) stalls for \(duration)")
    }

    /// Sets the wall clock, to a time up to an hour before or after the right one.
    func jumpClock() {
        let error = world.chance { Int64.random(in: -3_600_000...3_600_000, using: &$0) }
        state.withLock { $0.wallError = error }
        world.count(.clockJump)
        world.note("the wall clock of \(name) is \(error) ms off")
    }

    /// The newest of a document reached the process.
    func see(_ key: DocumentKey) {
        let now = world.executor.now
        state.withLock { $0.seen[key] = now }
    }

    func lastSeen(_ key: DocumentKey) -> Duration { state.withLock { $0.seen[key] ?? .zero } }

    /// The wall clock of the process: it may be wrong by an hour, and nothing may depend on it.
    func wallTime() -> WallTime {
        let error = state.withLock { $0.wallError }
        let (seconds, attoseconds) = world.executor.now.components
        return WallTime(
            millisecondsSinceEpoch: 1_800_000_000_000 + seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + error
        )
    }

    // MARK: Calls

    /// Takes a call to a store and its answer back, unless something happens to one of them on the way.
    func call<Result: Sendable>(
        _ operation: String,
        to store: StoreID,
        isWrite: Bool,
        _ body: @escaping @Sendable () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await travel()
        if world.isOut(store) { throw error(.unavailable, store) }
        guard world.strikes(world.options.faultRate) else {
            let answer = try await body()
            try await travelBack()
            return answer
        }
        let fate =
            isWrite
            ? world.chance { Int.random(in: 0..<6, using: &$0) }
            : 5 * world.chance { Int.random(in: 0..<2, using: &$0) }
        switch fate {
        case 0:
            try await strike(.lostRequest, operation, store)
            throw error(isWrite ? .outcomeUnknown : .unavailable, store)
        case 1:
            let answer = await outcome(of: body)
            try await strike(.lostReply, operation, store)
            if case .failure(let refusal) = answer, !refusal.code.isRetryable, refusal.code != .outcomeUnknown {
                throw refusal
            }
            throw error(.outcomeUnknown, store)
        case 2:
            let answer = try await body()
            try await strike(.duplicate, operation, store)
            _ = await outcome(of: body)
            try await travelBack()
            return answer
        case 3, 4:
            let delay = world.time(around: .seconds(8))
            world.deliverLate(after: delay) {
                let answer = await self.outcome(of: body)
                self.world.note(
                    "a late \(operation) of \(self.name) arrives at \(store): \(answer.isSuccess ? "applied" : "refused")"
                )
            }
            try await strike(.lateRequest, operation, store)
            throw error(.outcomeUnknown, store)
        default:
            try await strike(.throttled, operation, store)
            throw error(.throttled, store)
        }
    }

    /// A request on its way to a store. A caller that is cancelled meanwhile has done nothing.
    func travel() async throws(StoreError) {
        let arrives = await passTime()
        guard !isCrashed else { throw StoreError(.unavailable, "The process has crashed.") }
        guard arrives else { throw StoreError(.cancelled, "The task was cancelled.") }
    }

    /// An answer on its way back. Once a store has begun, its answer is awaited, cancelled or not.
    private func travelBack() async throws(StoreError) {
        _ = await passTime()
        guard !isCrashed else { throw StoreError(.unavailable, "The process has crashed.") }
    }

    /// The time of one way, or until a stalled process wakes up; `false` when the task was cancelled.
    private func passTime() async -> Bool {
        let latency = world.time(around: .microseconds(800))
        let stall = state.withLock { $0.stalledUntil } - world.executor.now
        return await world.executor.sleep(until: world.executor.now + max(latency, stall))
    }

    private func strike(_ fault: SimulatedFault, _ operation: String, _ store: StoreID) async throws(StoreError) {
        world.count(fault)
        world.note("\(fault.rawValue): \(operation) of \(name) to \(store)")
        try await travelBack()
    }

    private func outcome<Result>(
        of body: @Sendable () async throws(StoreError) -> Result
    ) async -> Swift.Result<Result, StoreError> {
        do throws(StoreError) { return .success(try await body()) } catch { return .failure(error) }
    }

    private func error(_ code: StoreError.Code, _ store: StoreID) -> StoreError {
        StoreError(code, "The simulation made this call fail.", context: .init(store: store))
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}
