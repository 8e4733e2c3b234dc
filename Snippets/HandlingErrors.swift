// Handling errors: decide again on a conflict, repeat what is retryable, resolve what is unknown.
import MigrationCore

/// Appends what `decide` makes of a stream's events, and lets it decide again when another writer was first.
func handle(
    _ stream: StreamID,
    of tenant: TenantID,
    in store: some EventStore,
    attempts: Int = 5,
    decide: ([StoredEvent]) -> [NewEvent]
) async throws {
    for attempt in 1...attempts {
        let history = try await store.readStream(stream, tenant: tenant, from: .first, limit: 1_000)
        let version = history.last?.version ?? 0
        do {
            try await appendOnce(decide(history), to: stream, at: version, tenant: tenant, in: store)
            return
        } catch let error as StoreError where error.code == .versionConflict && attempt < attempts {
            continue
        }
    }
}

/// Appends events once, however many attempts that takes.
func appendOnce(
    _ events: [NewEvent],
    to stream: StreamID,
    at version: Int64,
    tenant: TenantID,
    in store: some EventStore,
    attempts: Int = 5
) async throws {
    for attempt in 1...attempts {
        do {
            _ = try await store.append(events, to: stream, expected: .exact(version), tenant: tenant)
            return
        } catch {
            guard attempt < attempts, error.code.isRetryable || error.code == .outcomeUnknown else { throw error }
            try await Task.sleep(for: error.context.retryAfter ?? .milliseconds(50 << attempt))
        }
    }
}

/// Counts a visit without losing one: the write is conditional, so a conflict is seen and tried again.
func countVisit(_ key: DocumentKey, in store: some DocumentStore) async throws {
    while true {
        let found = try await store.read(key)
        var visits: Int64 = 0
        if case .int64(let count)? = found?.document["visits"] { visits = count }
        let condition: WriteCondition = if let found { .ifMatches(found.etag) } else { .insert }
        switch try await store.write(["visits": .int64(visits + 1)], to: key, condition: condition) {
        case .applied: return
        case .rejected: continue
        case .unknown(let error): throw error
        }
    }
}
