internal import Metrics

/// What routers and interceptors count. Nothing is counted for a call that simply succeeds. See ``MetricName``.
struct RoutingMetrics: Sendable {
    private let parkedCalls = Counter(label: MetricName.parkedCalls.rawValue)
    private let parkedTime = Metrics.Timer(label: MetricName.parkedTime.rawValue)
    private let redirects: [StoreError.Code: Counter]

    init() {
        redirects = Dictionary(
            uniqueKeysWithValues: [StoreError.Code.fenced, .epochConflict, .tenantNotPrepared].map {
                ($0, Counter(label: MetricName.redirects.rawValue, dimensions: [("code", $0.description)]))
            }
        )
    }

    func parked(for duration: Duration) {
        parkedCalls.increment()
        parkedTime.record(duration: duration)
    }

    func redirected(_ error: StoreError) { redirects[error.code]?.increment() }
}

/// What an interceptor's mirror counts. See ``MetricName``.
struct MirrorMetrics: Sendable {
    private let mirroredEvents = Counter(label: MetricName.mirroredEvents.rawValue)
    private let failed = miss("failed")
    private let leftToTail = miss("left_to_tail")
    private let skipped = miss("skipped")

    private static func miss(_ outcome: String) -> Counter {
        Counter(label: MetricName.mirrorMisses.rawValue, dimensions: [("outcome", outcome)])
    }

    /// Counts what was added to an interceptor's own statistics.
    func add(_ statistics: MirrorStatistics) {
        if statistics.mirroredEvents > 0 { mirroredEvents.increment(by: statistics.mirroredEvents) }
        if statistics.totalFailures > 0 { failed.increment(by: statistics.totalFailures) }
        if statistics.leftToTail > 0 { leftToTail.increment(by: statistics.leftToTail) }
        if statistics.skipped > 0 { skipped.increment(by: statistics.skipped) }
    }
}
