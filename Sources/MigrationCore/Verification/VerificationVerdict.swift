/// What every report of a verification can say.
public protocol VerificationReport: Sendable, CustomStringConvertible {
    /// How many records were compared in content.
    var sampleSize: Int64 { get }
    /// How many violations there are.
    var violationCount: Int64 { get }
    /// The first of them.
    var violations: [Violation] { get }
    /// How many things could not be checked.
    var unknownCount: Int64 { get }
}

extension VerificationReport {
    /// Whether everything was checked and nothing is wrong.
    public var isConsistent: Bool { violationCount == 0 && unknownCount == 0 }

    /// Whether at most so many mismatches were found in a sample that is large enough.
    ///
    /// - Parameters:
    ///   - maximumMismatches: how many violations are accepted; what could not be checked counts as one each.
    ///   - minimumSample: how many records must have been compared in content.
    public func passes(maximumMismatches: Int64 = 0, minimumSample: Int64 = 0) -> Bool {
        violationCount + unknownCount <= maximumMismatches && sampleSize >= minimumSample
    }

    /// 0 when the verification passes, 1 when something is wrong, 2 when nothing is wrong as far as it could be checked.
    public var exitCode: Int32 { violationCount > 0 ? 1 : unknownCount > 0 ? 2 : 0 }
}
