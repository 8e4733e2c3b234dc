internal import Logging

/// The keys of what this library adds to log messages. Messages are constant texts; what varies is under these keys.
///
/// Levels: `trace` for batches, `debug` for changes of state, `info` for trouble that healed itself, `warning` for what an operator
/// should look at. Payloads and secrets are never logged.
public enum LogKey: String, Sendable, CaseIterable {
    /// The tenant's name.
    case tenant = "migration.tenant"
    /// The migration's id.
    case migration = "migration.id"
    /// The state of the migration after the change.
    case state = "migration.state"
    /// The operation that was asked for, as in the audit log.
    case operation = "migration.operation"
    /// The number of the route's epoch.
    case epoch = "migration.epoch"
    /// Why, as the operator gave it.
    case reason = "migration.reason"
    /// How many events a batch or a copy brought.
    case batchCount = "migration.batch.count"
    /// A position in the tenant's log.
    case position = "migration.position"
    /// How many events the target lacks.
    case lag = "migration.lag"
    /// How many violations a verification found.
    case violations = "migration.violations"
    /// How long it took, in milliseconds.
    case duration = "migration.duration_ms"
    /// The code of an error.
    case code = "error.code"
    /// The sentence of an error for the operator.
    case message = "error.message"
    /// The store's registered id.
    case store = "store.id"
}

extension Logger.Metadata {
    /// What is said about a tenant and, where there is one, its migration.
    init(_ tenant: TenantID?, _ migration: MigrationID? = nil, _ more: [LogKey: Logger.MetadataValue] = [:]) {
        self = [:]
        if let tenant { self[LogKey.tenant.rawValue] = "\(tenant)" }
        if let migration { self[LogKey.migration.rawValue] = "\(migration)" }
        for (key, value) in more { self[key.rawValue] = value }
    }
}
