/// The names of everything this library counts and measures, with their dimensions.
///
/// Dimensions come from closed sets, never from tenants or keys, so the number of series is bounded. Metric objects are made
/// once, with the factory that is current when their owner is made.
public enum MetricName: String, Sendable, CaseIterable {
    /// Counter: changes of a migration's state that this process made. Dimension `state`: the new state's raw value.
    case transitions = "cutover_migration_transitions_total"
    /// Counter: cutovers that this process tried. Dimension `outcome`: `migrated` or the code of the ``CutoverError``.
    case cutovers = "cutover_cutovers_total"
    /// Timer: from the change that parks writes to the one that decides. Dimension `outcome` as with ``cutovers``.
    case pause = "cutover_pause_duration"
    /// Counter: events that this process copied or tailed into targets.
    case copiedEvents = "cutover_copied_events_total"
    /// Counter: attempts of copies that failed for a passing reason and were made again.
    case copyRetries = "cutover_copy_retries_total"
    /// Recorder: how many events targets lacked when a tail began a pass.
    case lag = "cutover_sync_lag_events"
    /// Gauge: tenants that this process works on now.
    case tenantsUnderWay = "cutover_tenants_under_way"
    /// Counter: errors that the work on a tenant met. Dimension `category`: that of the error's code.
    case obstacles = "cutover_obstacles_total"
    /// Counter: events that verifications compared.
    case verifiedEvents = "cutover_verified_events_total"
    /// Counter: violations that verifications found.
    case violations = "cutover_violations_total"
    /// Counter: calls of this process that were parked.
    case parkedCalls = "cutover_parked_calls_total"
    /// Timer: how long calls were parked.
    case parkedTime = "cutover_parked_duration"
    /// Counter: calls that a store refused and that were made again. Dimension `code`: `fenced`, `epochConflict`, `tenantNotPrepared`.
    case redirects = "cutover_redirected_calls_total"
    /// Counter: events that interceptors brought to targets.
    case mirroredEvents = "cutover_mirrored_events_total"
    /// Counter: offers of interceptors that did not bring events. Dimension `outcome`: `failed`, `left_to_tail`, `skipped`.
    case mirrorMisses = "cutover_mirror_misses_total"
}
