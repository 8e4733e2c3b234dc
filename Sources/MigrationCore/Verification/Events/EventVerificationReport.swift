/// What a verification of a tenant's logs found.
public struct EventVerificationReport: VerificationReport {
    /// Whose logs.
    public let tenant: TenantID
    /// How deep it looked.
    public let level: ConsistencyVerifier.Level
    /// How much was compared in content, in percent.
    public let samplePercentage: Double
    /// The end of the source's log when the verification began.
    public let sourceHead: LogCheckpoint
    /// The end of the target's log when the comparison began; ``LogCheckpoint/beginning`` when it has none.
    public let targetHead: LogCheckpoint
    /// The last position that was compared.
    public let verifiedThrough: Int64
    /// How many events the source holds up to there, and behind its head.
    public let sourceEventCount: Int64
    /// How many events the target holds up to there, and behind its head.
    public let targetEventCount: Int64
    /// How many streams there are on either side.
    public let streamsVerified: Int64
    /// How many of them are the same on both sides.
    public let streamsConsistent: Int64
    /// Results of streams: those that are not consistent first, up to the configured number.
    public let streamResults: [StreamResult]
    public let sampleSize: Int64
    public internal(set) var violationCount: Int64
    /// How many violations there are of each kind.
    public internal(set) var violationTotals: [Violation.Kind: Int64]
    public internal(set) var violations: [Violation]
    public let unknownCount: Int64
    /// How long it took.
    public let duration: Duration
}

extension EventVerificationReport {
    /// A page for people: the verdict, the counts, and what is wrong where.
    public var description: String {
        var lines = ["Tenant \(tenant), level \(level.rawValue): \(isConsistent ? "consistent" : "NOT consistent")"]
        lines.append(
            "  events   \(sourceEventCount) in the source, \(targetEventCount) in the target, \(sampleSize) compared"
        )
        lines.append("  streams  \(streamsVerified), of which \(streamsConsistent) are consistent")
        lines.append("  source   \(sourceHead)")
        lines.append("  target   \(targetHead)")
        lines.append(contentsOf: ViolationText.lines(violations, total: violationCount, by: violationTotals))
        return lines.joined(separator: "\n")
    }
}

/// The part of a report's description that lists violations.
enum ViolationText {
    static func lines(_ kept: [Violation], total: Int64, by kind: [Violation.Kind: Int64]) -> [String] {
        guard total > 0 else { return [] }
        let kinds = Violation.Kind.allKinds.compactMap { name in kind[name].map { "\($0) \(name)" } }
        var lines = ["  violations \(total): \(kinds.joined(separator: ", "))"]
        lines += kept.prefix(20).map { "    \($0)" }
        if total > 20 { lines.append("    and \(total - 20) more") }
        return lines
    }
}
