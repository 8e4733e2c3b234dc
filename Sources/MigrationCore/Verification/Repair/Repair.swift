/// Brings exactly what a report names back into line with the source, and nothing else.
///
/// It never decides by the report's age: each record is read again on both sides before it is written. The source is the truth
/// and is never written; violations on the side of the source are left to the operator, and named in the result.
///
/// ```
/// let result = try await Repair().repairDocuments(report, source: old, target: new)
/// let after = try await ConsistencyVerifier().verifyDocuments(in: report.collection, source: old, target: new)
/// ```
public struct Repair: Sendable {
    let digest: DigestOptions
    let retry: RetryPolicy
    let clock: any Clock<Duration>
    let random: RandomSource

    /// Makes a repair.
    ///
    /// - Parameters:
    ///   - digest: what makes two documents equal; use those of the verification.
    ///   - retry: how calls are repeated that failed for a passing reason.
    ///   - clock: what waits are measured on.
    ///   - random: where back-off takes its jitter from.
    public init(
        digest: DigestOptions = .default,
        retry: RetryPolicy = RetryPolicy(),
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system
    ) {
        self.digest = digest
        self.retry = retry
        self.clock = clock
        self.random = random
    }

    /// Writes the documents that a report names from the source into the target, each under a condition.
    ///
    /// Each key is read in the target, then in the source; the target is changed only while it has the version that was read;
    /// then the source is read again, until both agree. A document that somebody changes meanwhile is not overwritten blindly.
    ///
    /// - Parameters:
    ///   - report: what is wrong.
    ///   - source: the store that is right.
    ///   - target: the store to repair; no application may be using it as its active store.
    /// - Returns: what became of each violation.
    /// - Throws: errors of category `authorization`, and what concerns a whole store; `cancelled`.
    @concurrent
    @discardableResult
    public func repairDocuments(
        _ report: DocumentVerificationReport,
        source: any DocumentStore,
        target: any DocumentStore
    ) async throws(StoreError) -> RepairResult {
        try retry.check()
        let retrier = Retrier(policy: retry, timeline: Timeline(clock), random: random, rate: nil)
        let sync = DocumentSync(source: source, target: target, digest: digest, retrier: retrier)
        var result = RepairResult()
        result.unnamed = report.violationCount - Int64(report.violations.count)
        for violation in report.violations {
            try StoreError.checkCancellation()
            guard let key = violation.key, violation.side == .target else {
                result.leftOver.append(violation)
                continue
            }
            switch try await sync.bringIntoLine(key) {
            case .changed: result.repaired += 1
            case .alreadyRight: result.alreadyRight += 1
            case .failed(let error):
                result.leftOver.append(violation)
                result.lastError = error
            }
        }
        return result
    }

    /// Replaces a tenant's log in the target from the first position that a report names, and copies the rest.
    ///
    /// Everything before that position stays. If the process stops half way, the target is a shorter prefix of the source, and
    /// an ``EventCopier`` or another repair goes on from there.
    ///
    /// - Parameters:
    ///   - report: what is wrong.
    ///   - source: the store that is right.
    ///   - target: the store to repair.
    ///   - epoch: the epoch to write under; by default that of the target's fence.
    /// - Returns: what became of the violations; all of the target are repaired when it returns.
    /// - Throws: `storeIsActive` when the target is open for the tenant; `corrupt` when the report names a violation in the source:
    ///   repair that from elsewhere first; `tenantNotPrepared`; `fenced`; and as ``EventCopier/copy(tenant:epoch:through:progress:)``.
    @concurrent
    @discardableResult
    public func repairEvents(
        _ report: EventVerificationReport,
        source: any FencedEventStore,
        target: any RepairableEventStore,
        epoch: Epoch? = nil
    ) async throws(StoreError) -> RepairResult {
        try retry.check()
        var result = RepairResult()
        guard report.violationCount > 0 else { return result }
        if let damaged = report.violations.first(where: { $0.side == .source }) {
            throw StoreError(
                .corrupt,
                "The source itself is damaged; restore it before the target is made like it.",
                context: .init(store: source.id, tenant: report.tenant, position: damaged.position)
            )
        }
        let replacement = LogReplacement(
            source: source,
            target: target,
            tenant: report.tenant,
            retrier: Retrier(policy: retry, timeline: Timeline(clock), random: random, rate: nil)
        )
        let first = report.violations.compactMap(\.position).min() ?? 1
        let used = try await replacement.replace(from: first, epoch: epoch)
        let copier = EventCopier(
            source: source,
            target: target,
            configuration: .init(retry: retry),
            clock: clock,
            random: random
        )
        try await copier.copy(tenant: report.tenant, epoch: used)
        result.repaired = report.violationCount
        return result
    }
}

/// What a repair did.
public struct RepairResult: Sendable {
    /// Violations that are gone because of this repair.
    public var repaired: Int64 = 0
    /// Violations that had gone by themselves.
    public var alreadyRight: Int64 = 0
    /// Violations that are still there: those of the source, and those whose repair failed.
    public var leftOver: [Violation] = []
    /// Violations that the report counted and did not name; verify again to get their names.
    public var unnamed: Int64 = 0
    /// Why the last of the failed ones failed.
    public var lastError: StoreError?

    /// Whether nothing of the report is left.
    public var isComplete: Bool { leftOver.isEmpty && unnamed == 0 }
}
