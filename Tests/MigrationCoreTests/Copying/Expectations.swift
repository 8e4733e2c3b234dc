import MigrationCore
import Testing

/// Expects that a call throws a ``StoreError`` with a code, and returns the error.
@discardableResult
func expect<Result>(
    code: StoreError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Result
) async -> StoreError? {
    do {
        _ = try await body()
        Issue.record("nothing was thrown instead of \(code)", sourceLocation: sourceLocation)
        return nil
    } catch let error as StoreError {
        #expect(error.code == code, "\(error.debugDescription)", sourceLocation: sourceLocation)
        return error
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
        return nil
    }
}

extension StoredEvent {
    /// The same event with another payload under the digest that it had: what an UPDATE with plain SQL leaves behind.
    init(_ event: StoredEvent, payload: Document, position: Int64? = nil, version: Int64? = nil) {
        self.init(
            position: position ?? event.position,
            stream: event.stream,
            version: version ?? event.version,
            id: event.id,
            type: event.type,
            schemaVersion: event.schemaVersion,
            occurredAt: event.occurredAt,
            recordedAt: event.recordedAt,
            correlationID: event.correlationID,
            causationID: event.causationID,
            actor: event.actor,
            metadata: event.metadata,
            payload: payload,
            digest: event.digest
        )
    }
}
