internal import MigrationCore

/// What `verify` found.
struct VerificationOutput: Report {
    /// One stream that was compared.
    struct Stream: Encodable, Sendable {
        let streamID: String
        let sourceCount: Int64
        let targetCount: Int64
        let sourceVersion: Int64
        let targetVersion: Int64
        let isConsistent: Bool
    }

    /// One thing that is wrong.
    struct Difference: Encodable, Sendable {
        let kind: String
        let side: String
        let position: Int64?
        let streamID: String?
        let detail: String
    }

    let tenantID: String
    let level: String
    let samplePercentage: Double
    let isConsistent: Bool
    let sourceEventCount: Int64
    let targetEventCount: Int64
    let verifiedThrough: Int64
    let streamsVerified: Int64
    let streamsConsistent: Int64
    let violationCount: Int64
    let unknownCount: Int64
    let violations: [Difference]
    let streamResults: [Stream]
    let lines: [String]
    let status: ExitStatus

    private enum CodingKeys: CodingKey {
        case tenantID, level, samplePercentage, isConsistent, sourceEventCount, targetEventCount, verifiedThrough
        case streamsVerified, streamsConsistent, violationCount, unknownCount, violations, streamResults
    }

    init(_ report: EventVerificationReport) {
        tenantID = report.tenant.text
        level = report.level.rawValue
        samplePercentage = report.samplePercentage
        isConsistent = report.isConsistent
        sourceEventCount = report.sourceEventCount
        targetEventCount = report.targetEventCount
        verifiedThrough = report.verifiedThrough
        streamsVerified = report.streamsVerified
        streamsConsistent = report.streamsConsistent
        violationCount = report.violationCount
        unknownCount = report.unknownCount
        violations = report.violations.map { violation in
            Difference(
                kind: violation.kind.description,
                side: violation.side.rawValue,
                position: violation.position,
                streamID: violation.stream?.text,
                detail: violation.detail
            )
        }
        streamResults = report.streamResults.map { result in
            Stream(
                streamID: result.stream.text,
                sourceCount: result.sourceCount,
                targetCount: result.targetCount,
                sourceVersion: result.sourceVersion,
                targetVersion: result.targetVersion,
                isConsistent: result.isConsistent
            )
        }
        lines = report.description.split(separator: "\n").map(String.init)
        status = report.violationCount > 0 ? .differences : report.unknownCount > 0 ? .uncertain : .done
    }
}
