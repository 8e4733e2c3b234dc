internal import Metrics

/// What a coordinator counts. See ``MetricName``.
struct CoordinatorMetrics: Sendable {
    private let transitions: [MigrationState: Counter]
    private let cutovers: [String: Counter]
    private let pauses: [String: Metrics.Timer]
    private let copiedEvents = Counter(label: MetricName.copiedEvents.rawValue)
    private let copyRetries = Counter(label: MetricName.copyRetries.rawValue)
    private let lag = Recorder(label: MetricName.lag.rawValue)
    private let tenantsUnderWay = Gauge(label: MetricName.tenantsUnderWay.rawValue)
    private let obstacles: [StoreError.Code.Category: Counter]
    private let verifiedEvents = Counter(label: MetricName.verifiedEvents.rawValue)
    private let violations = Counter(label: MetricName.violations.rawValue)

    private static let migrated = "migrated"

    init() {
        func counters<Key: Hashable>(
            _ name: MetricName,
            _ dimension: String,
            _ keys: [Key],
            _ text: (Key) -> String
        ) -> [Key: Counter] {
            Dictionary(
                uniqueKeysWithValues: keys.map {
                    ($0, Counter(label: name.rawValue, dimensions: [(dimension, text($0))]))
                }
            )
        }
        let outcomes = [Self.migrated] + CutoverError.Code.allCodes.map(\.description)
        transitions = counters(.transitions, "state", MigrationState.allCases) { $0.rawValue }
        cutovers = counters(.cutovers, "outcome", outcomes) { $0 }
        obstacles = counters(.obstacles, "category", StoreError.Code.Category.allCases) { $0.rawValue }
        pauses = Dictionary(
            uniqueKeysWithValues: outcomes.map {
                ($0, Metrics.Timer(label: MetricName.pause.rawValue, dimensions: [("outcome", $0)]))
            }
        )
    }

    func entered(_ state: MigrationState) { transitions[state]?.increment() }

    func cutOver(_ error: CutoverError?) { cutovers[error?.code.description ?? Self.migrated]?.increment() }

    func paused(for duration: Duration, _ error: CutoverError?) {
        pauses[error?.code.description ?? Self.migrated]?.record(duration: duration)
    }

    func copied(_ result: EventCopyResult) {
        if result.appended > 0 { copiedEvents.increment(by: result.appended) }
        if result.retries > 0 { copyRetries.increment(by: result.retries) }
    }

    func lags(by events: Int64) { lag.record(events) }

    func worksOn(_ count: Int) { tenantsUnderWay.record(count) }

    func met(_ error: StoreError) { obstacles[error.code.category]?.increment() }

    func verified(_ report: EventVerificationReport) {
        verifiedEvents.increment(by: report.sampleSize)
        if report.violationCount > 0 { violations.increment(by: report.violationCount) }
    }
}
