/// Finds out which side is to blame when the target refuses what it was offered.
struct EventCopyDiagnosis {
    let source: StoreID
    let tenant: TenantID

    /// The error to report for a refused offer.
    func explain(_ error: StoreError, offered events: [StoredEvent], after place: LogCheckpoint) -> StoreError {
        switch error.code {
        case .logDiverged:
            var digest = place.digest
            for event in events {
                digest = event.chainedDigest(after: digest)
                guard digest != event.digest else { continue }
                return StoreError(
                    .corrupt,
                    "The source's event at position \(event.position) contradicts the stored digest; restore the source before you copy it.",
                    context: .init(store: source, tenant: tenant, position: event.position),
                    underlying: error
                )
            }
            return error
        case .eventTooLarge where error.context.position == nil:
            guard let largest = events.max(by: { $0.canonicalByteCount < $1.canonicalByteCount }) else { return error }
            var context = error.context
            context.position = largest.position
            return StoreError(error.code, error.message, context: context, underlying: error.underlying)
        default: return error
        }
    }
}
