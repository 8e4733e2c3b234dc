/// How a simulated migration is set up, and how much goes wrong in it.
public struct SimulationOptions: Sendable {
    /// Application processes, each with its own routes, clock and writers.
    public var processes = 3
    /// Writers in each of them.
    public var writersPerProcess = 3
    /// Processes that run a coordinator.
    public var coordinators = 2
    /// How many appends must be acknowledged before the writers may stop.
    public var minimumAcknowledged = 200
    /// How long faults strike, in virtual time; then everything heals and the migrations must end.
    public var faultTime: Duration = .seconds(25)
    /// How long migrations may take to end after that, in virtual time.
    public var recoveryTime: Duration = .seconds(600)
    /// The chance that a call meets a fault, from 0 to 1.
    public var faultRate = 0.02
    /// The chance that a read of the control plane is answered by a replica that lags, from 0 to 1.
    public var staleReadRate = 0.05
    /// The average time between crashes of one process, in virtual time; zero for none.
    public var timeBetweenCrashes: Duration = .seconds(15)
    /// The most jobs of a run: a bound for runs that never end.
    public var maximumSteps: UInt64 = 20_000_000
    /// Whether the lines of the history are kept; their digest always is.
    public var keepsHistory = false

    /// The options of `make test`.
    public init() {}
}

/// The kinds of faults that strike.
public enum SimulatedFault: String, Sendable, Hashable, CaseIterable {
    /// The request never arrives.
    case lostRequest
    /// The request is applied, and the answer is lost.
    case lostReply
    /// The request is applied twice.
    case duplicate
    /// The caller gives up, and the request arrives later.
    case lateRequest
    /// The store refuses for now.
    case throttled
    /// The process stands still for longer than any lease.
    case stall
    /// The process dies with everything it has in memory, and another one starts.
    case crash
    /// A store answers nobody for a while.
    case outage
    /// The caller's task is cancelled during a call.
    case cancelledCaller
    /// A clock runs faster or slower than others.
    case clockPace
    /// A process's wall clock is set, forward or back.
    case clockJump
    /// A read of the control plane tells what was true a moment ago.
    case staleRead
}

/// What happened in one simulated run.
public struct SimulationReport: Sendable {
    /// The seed that repeats it.
    public let seed: UInt64
    /// What did not hold, a sentence each; empty when all did.
    public internal(set) var violations: [String] = []
    /// How often each kind of fault struck.
    public internal(set) var faults: [SimulatedFault: Int] = [:]
    /// How often each change of a route was made.
    public internal(set) var transitions: [String: Int] = [:]
    /// Acknowledged appends.
    public internal(set) var acknowledged = 0
    /// Cutovers that were decided for the target.
    public internal(set) var completedCutovers = 0
    /// Of these, how many closed the gate while appends were under way.
    public internal(set) var cutoversUnderLoad = 0
    /// Virtual time that passed.
    public internal(set) var duration: Duration = .zero
    /// A number that depends on every line of the history and every choice of the scheduler.
    public internal(set) var digest: UInt64 = 0
    /// The history, a line each; empty unless it was asked for.
    public internal(set) var history: [String] = []

    init(seed: UInt64) { self.seed = seed }
}
