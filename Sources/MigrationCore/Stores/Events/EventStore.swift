/// A store of events, tenant by tenant: what applications hold.
///
/// Applications hold a router, or one store through ``FencedEventStore/unrouted()``; adapters implement ``FencedEventStore``.
///
/// Every tenant has one log with positions 1, 2, 3, ... without gaps; every stream of a tenant has versions 1, 2, 3, ...
/// A reader that has seen position n has seen every event up to n, for ever.
public protocol EventStore: Sendable {
    /// Appends events to one or more streams of a tenant, all or none.
    ///
    /// Appending the same events again, with the same ids and contents, is harmless: it returns the original result. That is
    /// how an unknown outcome is resolved.
    ///
    /// - Throws: `versionConflict` (with the actual version), `duplicateEvent`, `conflictingEvent`, `emptyBatch`,
    ///   `eventTooLarge`, `invalidKey`, `keyTooLong`, `invalidArgument`; `outcomeUnknown` when the events may or may not have
    ///   been appended; `fenced`, `epochConflict` and `tenantNotPrepared`; `cancelled`, `closed`, and codes of category `transient`.
    func append(_ parts: [StreamAppend], tenant: TenantID) async throws(StoreError) -> AppendResult

    /// A page of one stream.
    ///
    /// - Returns: at most `limit` events in the direction of the read; a page that is not full is the last for now.
    /// - Throws: `invalidArgument` for a limit below 1 or a version below 0.
    func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int
    ) async throws(StoreError) -> [StoredEvent]

    /// A page of a tenant's log: at most `limit` events after a position, in order.
    ///
    /// - Throws: `invalidArgument` for a limit below 1 or a position below 0.
    func readLog(tenant: TenantID, after position: Int64, limit: Int) async throws(StoreError) -> [StoredEvent]

    /// The end of a tenant's log; `nil` for a tenant that has none.
    func head(tenant: TenantID) async throws(StoreError) -> TenantHead?

    /// The version of a stream's last event; 0 when it has none.
    func streamVersion(_ stream: StreamID, tenant: TenantID) async throws(StoreError) -> Int64

    /// Whether the tenant's log has an event with this id.
    func contains(_ event: EventID, tenant: TenantID) async throws(StoreError) -> Bool

    /// The tenants that have a head, ordered by their UTF-8 bytes, after one of them.
    func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID]

    /// The events of a tenant after a checkpoint, and then those that come, for as long as it is iterated.
    func subscribe(tenant: TenantID, after checkpoint: LogCheckpoint, pageSize: Int) -> EventSubscription
}

extension EventStore {
    /// Appends events to one stream.
    public func append(
        _ events: [NewEvent],
        to stream: StreamID,
        expected: ExpectedVersion = .any,
        tenant: TenantID
    ) async throws(StoreError) -> AppendResult {
        try await append([StreamAppend(stream, expected: expected, events: events)], tenant: tenant)
    }

    /// The events of a tenant after a checkpoint, and then those that come, in pages of up to 256.
    public func subscribe(tenant: TenantID, after checkpoint: LogCheckpoint = .beginning) -> EventSubscription {
        subscribe(tenant: tenant, after: checkpoint, pageSize: 256)
    }
}

/// Where a read of a stream begins, and in which direction it goes.
public enum StreamPosition: Sendable, Hashable {
    /// From this version upwards; 0 and 1 both begin with the first event.
    case forward(from: Int64)
    /// From this version downwards; `.max` begins with the last event.
    case backward(from: Int64)

    /// From the first event upwards.
    public static let first = StreamPosition.forward(from: 1)
    /// From the last event downwards.
    public static let last = StreamPosition.backward(from: .max)
}
