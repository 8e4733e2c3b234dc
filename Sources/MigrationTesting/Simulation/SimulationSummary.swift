/// What many runs together met: a fault or a transition that no seed met means that the simulation looks past it.
public struct SimulationSummary: Sendable {
    /// Transitions that the seeds together must have met.
    ///
    /// What operators did, and which state of a migration followed which, by the audit log.
    public static let transitions = [
        "start", "begin cutover", "cutover", "abandoned cutover", "pause", "resume", "abort", "roll back",
        "emergency stop",
        "new to pending", "pending to bulk_copy", "bulk_copy to dual_write", "dual_write to cutover",
        "cutover to dual_write", "cutover to migrated", "migrated to rolled_back",
        "bulk_copy to paused", "dual_write to paused", "paused to bulk_copy", "paused to dual_write",
        "pending to rolled_back", "bulk_copy to rolled_back", "dual_write to rolled_back", "cutover to rolled_back",
        "paused to rolled_back", "pending to failed", "bulk_copy to failed", "dual_write to failed", "paused to failed",
    ]

    /// How many seeds ran.
    public private(set) var seeds = 0
    /// Seeds with a violation.
    public private(set) var failures: [UInt64] = []
    /// Seeds that gave another history when they were repeated.
    public var unrepeatable = 0
    private var seedsWithFault: [SimulatedFault: Int] = [:]
    private var seedsWithTransition: [String: Int] = [:]
    private var acknowledged = 0
    private var cutovers = 0
    private var seedsUnderLoad = 0

    /// No runs so far.
    public init() {}

    /// Adds a run.
    public mutating func add(_ report: SimulationReport) {
        seeds += 1
        if !report.violations.isEmpty { failures.append(report.seed) }
        for (fault, count) in report.faults where count > 0 { seedsWithFault[fault, default: 0] += 1 }
        for (transition, count) in report.transitions where count > 0 {
            seedsWithTransition[transition, default: 0] += 1
        }
        acknowledged += report.acknowledged
        cutovers += report.completedCutovers
        if report.cutoversUnderLoad > 0 { seedsUnderLoad += 1 }
    }

    /// Adds what another process met.
    public mutating func add(_ other: SimulationSummary) {
        seeds += other.seeds
        failures += other.failures
        unrepeatable += other.unrepeatable
        seedsWithFault.merge(other.seedsWithFault, uniquingKeysWith: +)
        seedsWithTransition.merge(other.seedsWithTransition, uniquingKeysWith: +)
        acknowledged += other.acknowledged
        cutovers += other.cutovers
        seedsUnderLoad += other.seedsUnderLoad
    }

    /// What no seed met.
    public var missing: [String] {
        SimulatedFault.allCases.filter { seedsWithFault[$0] == nil }.map(\.rawValue)
            + Self.transitions.filter { seedsWithTransition[$0] == nil }
    }

    /// The part of the seeds that crossed a fence while appends were under way, from 0 to 1.
    public var partUnderLoad: Double { seeds > 0 ? Double(seedsUnderLoad) / Double(seeds) : 0 }

    /// How many seeds must have met everything; with fewer, chance decides about the rarest.
    public static let seedsThatMeetEverything = 500

    /// Whether everything held, everything was met, and at least nine seeds of ten crossed the fence under load.
    public var isGood: Bool {
        let isMet = missing.isEmpty || seeds < Self.seedsThatMeetEverything
        return failures.isEmpty && unrepeatable == 0 && isMet && partUnderLoad >= 0.9
    }

    /// The summary for people.
    public var text: String {
        var lines = [
            "\(seeds) seeds, \(acknowledged) acknowledged appends, \(cutovers) cutovers; \(seedsUnderLoad) seeds crossed a fence under load"
        ]
        for fault in SimulatedFault.allCases {
            lines.append("  fault \(fault.rawValue): \(seedsWithFault[fault] ?? 0) seeds")
        }
        for transition in Self.transitions {
            lines.append("  transition \(transition): \(seedsWithTransition[transition] ?? 0) seeds")
        }
        if !missing.isEmpty { lines.append("never met: \(missing.joined(separator: ", "))") }
        if !failures.isEmpty { lines.append("failed: \(failures.map(String.init).joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }
}
