/// Keeps calls away from a store that fails, and lets one through now and then to see whether it has recovered.
///
/// Synchronous and without a clock: the time comes in with each call.
struct CircuitBreaker: Sendable {
    /// How a breaker judges.
    struct Configuration: Sendable, Hashable {
        /// Failures in a row that open the circuit.
        var maximumFailures = 5
        /// How long it stays open first; twice as long after each failed probe.
        var initialPause: Duration = .milliseconds(250)
        /// The longest that it stays open.
        var maximumPause: Duration = .seconds(30)
    }

    private enum State {
        case closed(failures: Int)
        case open(until: Duration, pause: Duration)
        case probing(pause: Duration)
    }

    private let configuration: Configuration
    private var state = State.closed(failures: 0)

    init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Whether calls are kept away altogether.
    var isOpen: Bool {
        if case .closed = state { false } else { true }
    }

    /// Whether a call may be made now. A call that may be made must be followed by ``succeeded()``, ``failed(at:)`` or ``withdrawn(at:)``.
    mutating func admits(at now: Duration) -> Bool {
        switch state {
        case .closed: return true
        case .probing: return false
        case .open(let until, let pause):
            guard now >= until else { return false }
            state = .probing(pause: pause)
            return true
        }
    }

    /// The call was answered.
    mutating func succeeded() {
        if Mutant.breakerStaysOpen.isOn, isOpen { return }
        state = .closed(failures: 0)
    }

    /// The call failed.
    mutating func failed(at now: Duration) {
        switch state {
        case .closed(let failures):
            state =
                failures + 1 >= configuration.maximumFailures
                ? .open(until: now + configuration.initialPause, pause: configuration.initialPause)
                : .closed(failures: failures + 1)
        case .probing(let pause):
            let longer = min(pause * 2, configuration.maximumPause)
            state = .open(until: now + longer, pause: longer)
        case .open: break
        }
    }

    /// The call was given up for a reason that says nothing about the store.
    mutating func withdrawn(at now: Duration) {
        if case .probing(let pause) = state { state = .open(until: now, pause: pause) }
    }
}
