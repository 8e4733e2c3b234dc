internal import Metrics
internal import MigrationCore
internal import Tracing

/// The names of what the Azure adapters count and measure, with their dimensions.
///
/// `service` is one of `cosmos`, `blob`, `table`, `entra`, `metadata`. No account, container or key is a dimension.
public enum AzureMetricName: String, Sendable, CaseIterable {
    /// Counter: attempts. Dimensions `service` and `outcome`: `answered`, `throttled`, `busy`, `unavailable`, `timeout`, `refused`.
    case attempts = "cutover_azure_attempts_total"
    /// Timer: from sending an attempt to its answer or failure. Dimension `service`.
    case attemptTime = "cutover_azure_attempt_duration"
    /// Counter with fractions: request units of all attempts, failed ones included. Dimension `service`.
    case charge = "cutover_azure_request_units_total"
    /// Timer: how long calls waited between attempts, or because the account was held back or paced. Dimension `service`.
    case waited = "cutover_azure_waited_duration"
    /// Counter: writes that ended without a known outcome. Dimension `service`.
    case unknownOutcomes = "cutover_azure_unknown_outcomes_total"
}

/// The keys of what the Azure adapters add to log messages and spans.
public enum AzureLogKey: String, Sendable, CaseIterable {
    /// The service.
    case service = "azure.service"
    /// The operation, from a closed set.
    case operation = "db.operation.name"
    /// The status of the last answer.
    case status = "http.response.status_code"
    /// The substatus of the last answer of Cosmos DB.
    case substatus = "azure.cosmosdb.response.sub_status_code"
    /// Request units of all attempts of a call.
    case charge = "azure.cosmosdb.operation.request_charge"
    /// How many attempts a call took.
    case attempts = "azure.attempts"
    /// How long a call waits before its next attempt, in milliseconds.
    case wait = "azure.wait_ms"
    /// Why it waits.
    case reason = "azure.reason"
}

/// What one attempt came to, for metrics.
package enum AttemptOutcome: String, Sendable, Hashable, CaseIterable {
    case answered, throttled, busy, unavailable, timeout, refused

    init(_ trouble: Trouble.Kind) {
        self =
            switch trouble {
            case .throttled: .throttled
            case .busy: .busy
            case .unavailable: .unavailable
            case .timeout: .timeout
            }
    }
}

/// The metrics of an account; made once, with the factory that is current then. See ``AzureMetricName``.
package struct AzureMetrics: Sendable {
    private struct Key: Hashable {
        let service: AzureService
        let outcome: AttemptOutcome
    }

    private let attempts: [Key: Counter]
    private let attemptTimes: [AzureService: Metrics.Timer]
    private let charges: [AzureService: FloatingPointCounter]
    private let waits: [AzureService: Metrics.Timer]
    private let unknownOutcomes: [AzureService: Counter]

    package init() {
        func each<Metric>(_ make: ([(String, String)]) -> Metric) -> [AzureService: Metric] {
            Dictionary(uniqueKeysWithValues: AzureService.allCases.map { ($0, make([("service", $0.rawValue)])) })
        }
        attempts = Dictionary(
            uniqueKeysWithValues: AzureService.allCases.flatMap { service in
                AttemptOutcome.allCases.map { outcome in
                    let dimensions = [("service", service.rawValue), ("outcome", outcome.rawValue)]
                    let counter = Counter(label: AzureMetricName.attempts.rawValue, dimensions: dimensions)
                    return (Key(service: service, outcome: outcome), counter)
                }
            }
        )
        attemptTimes = each { Metrics.Timer(label: AzureMetricName.attemptTime.rawValue, dimensions: $0) }
        charges = each { FloatingPointCounter(label: AzureMetricName.charge.rawValue, dimensions: $0) }
        waits = each { Metrics.Timer(label: AzureMetricName.waited.rawValue, dimensions: $0) }
        unknownOutcomes = each { Counter(label: AzureMetricName.unknownOutcomes.rawValue, dimensions: $0) }
    }

    func attempted(_ service: AzureService, _ outcome: AttemptOutcome, took duration: Duration, charge: Double) {
        attempts[Key(service: service, outcome: outcome)]?.increment()
        attemptTimes[service]?.record(duration: duration)
        if charge > 0 { charges[service]?.increment(by: charge) }
    }

    func waited(_ service: AzureService, _ duration: Duration) {
        if duration > .zero { waits[service]?.record(duration: duration) }
    }

    func endedUnknown(_ service: AzureService) { unknownOutcomes[service]?.increment() }
}

/// Runs a call in a span. The name is constant; what varies is in the attributes.
func withAzureSpan<Result: Sendable>(
    _ service: AzureService,
    _ operation: String,
    _ body: () async throws(AzureError) -> AzureAnswer<Result>
) async throws(AzureError) -> AzureAnswer<Result> {
    let result: Swift.Result<AzureAnswer<Result>, AzureError> = await withSpan("azure.request", ofKind: .client) {
        span in
        span.attributes[AzureLogKey.service.rawValue] = service.rawValue
        span.attributes[AzureLogKey.operation.rawValue] = operation
        if let system = service.databaseSystem { span.attributes["db.system.name"] = system }
        do throws(AzureError) {
            let answer = try await body()
            span.attributes[AzureLogKey.status.rawValue] = answer.facts.status
            span.attributes[AzureLogKey.attempts.rawValue] = answer.attempts
            if answer.charge > 0 { span.attributes[AzureLogKey.charge.rawValue] = answer.charge }
            return .success(answer)
        } catch {
            if let status = error.status { span.attributes[AzureLogKey.status.rawValue] = status }
            if let substatus = error.substatus { span.attributes[AzureLogKey.substatus.rawValue] = substatus }
            if error.charge > 0 { span.attributes[AzureLogKey.charge.rawValue] = error.charge }
            span.attributes[AzureLogKey.attempts.rawValue] = error.attempts
            span.attributes["error.code"] = error.storeCode.description
            span.setStatus(SpanStatus(code: .error))
            return .failure(error)
        }
    }
    return try result.get()
}
