internal import MigrationCore

/// What all processes of a simulation share: virtual time, chance, the network between processes and stores, and the record.
final class SimulatedWorld: Sendable {
    private struct State {
        var random: SeededRandom
        var report: SimulationReport
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        var isHealed = false
        var outages: [StoreID: Duration] = [:]
        /// Requests whose callers have given up, to be delivered at a time.
        var late: [(at: Duration, order: Int, deliver: @Sendable () async -> Void)] = []
        var nextLate = 0
        var underWay: [TenantID: Int] = [:]
    }

    let executor: SimulationExecutor
    let options: SimulationOptions
    private let state: Locked<State>

    init(seed: UInt64, options: SimulationOptions) {
        executor = SimulationExecutor(seed: seed)
        self.options = options
        state = Locked(State(random: SeededRandom(seed: seed &+ 1), report: SimulationReport(seed: seed)))
    }

    // MARK: Chance

    /// The generator of the whole run; one thread uses it, so its order is that of the run.
    func chance<Result>(_ body: (inout SeededRandom) -> Result) -> Result where Result: Sendable {
        state.withLock { body(&$0.random) }
    }

    /// A source of randomness for the code under test.
    var random: RandomSource { RandomSource { self.chance { $0.next() } } }

    /// A time from 0 to twice the average.
    func time(around average: Duration) -> Duration {
        chance { average * (Double.random(in: 0...2, using: &$0)) }
    }

    /// Whether something with this chance happens; never after everything has healed.
    func strikes(_ rate: Double) -> Bool {
        state.withLock { state in
            guard !state.isHealed else { return false }
            return Double.random(in: 0..<1, using: &state.random) < rate
        }
    }

    // MARK: Faults

    var isHealed: Bool { state.withLock { $0.isHealed } }

    /// From now on nothing fails any more; requests on their way still arrive.
    func heal() {
        state.withLock { state in
            state.isHealed = true
            state.outages = [:]
        }
        note("everything heals")
    }

    func count(_ fault: SimulatedFault) { state.withLock { $0.report.faults[fault, default: 0] += 1 } }

    func beginOutage(of store: StoreID, for duration: Duration) {
        let end = executor.now + duration
        state.withLock { $0.outages[store] = end }
        count(.outage)
        note("\(store) is out for \(duration)")
    }

    func isOut(_ store: StoreID) -> Bool {
        let now = executor.now
        return state.withLock { ($0.outages[store] ?? .zero) > now }
    }

    /// Takes a request whose caller has given up, to be delivered later.
    func deliverLate(after delay: Duration, _ deliver: @escaping @Sendable () async -> Void) {
        let at = executor.now + delay
        state.withLock { state in
            state.late.append((at, state.nextLate, deliver))
            state.nextLate += 1
        }
    }

    /// Delivers late requests until the task is cancelled.
    func deliverLateRequests() async {
        while await executor.sleep(until: executor.now + .milliseconds(5)) {
            let now = executor.now
            let due = state.withLock { state in
                let due = state.late.filter { $0.at <= now }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
                state.late.removeAll { $0.at <= now }
                return due.map(\.deliver)
            }
            for deliver in due { await deliver() }
        }
    }

    // MARK: The record

    /// Adds a line to the history.
    func note(_ line: @autoclosure () -> String) {
        let now = executor.now
        let text = "\(now) \(line())"
        state.withLock { state in
            for byte in text.utf8 { state.digest = (state.digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
            if options.keepsHistory { state.report.history.append(text) }
        }
    }

    func violation(_ sentence: String) {
        note("VIOLATION: \(sentence)")
        state.withLock { if $0.report.violations.count < 20 { $0.report.violations.append(sentence) } }
    }

    func acknowledged() { state.withLock { $0.report.acknowledged += 1 } }

    var acknowledgedCount: Int { state.withLock { $0.report.acknowledged } }

    func transition(_ operation: String) { state.withLock { $0.report.transitions[operation, default: 0] += 1 } }

    /// Counts the appends that are between their caller and its answer.
    func appendBegins(_ tenant: TenantID) { state.withLock { $0.underWay[tenant, default: 0] += 1 } }
    func appendEnds(_ tenant: TenantID) { state.withLock { $0.underWay[tenant, default: 0] -= 1 } }
    func appendsUnderWay(_ tenant: TenantID) -> Int { state.withLock { $0.underWay[tenant] ?? 0 } }

    func cutoverCompleted(underLoad: Bool) {
        state.withLock { state in
            state.report.completedCutovers += 1
            if underLoad { state.report.cutoversUnderLoad += 1 }
        }
    }

    /// The report of the run as it ended.
    func finish() -> SimulationReport {
        state.withLock { state in
            state.report.duration = executor.now
            state.report.digest = state.digest ^ executor.mark
            return state.report
        }
    }
}
