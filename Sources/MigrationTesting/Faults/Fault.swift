public import MigrationCore

/// One thing that goes wrong with one call.
public enum Fault: Sendable, Hashable {
    /// The call never reaches the store: it throws this code, and nothing was applied.
    case beforeApply(StoreError.Code)
    /// The store applies the call and the reply is lost: a write ends as unknown, an append as `outcomeUnknown`, and a read
    /// throws `unavailable`.
    case afterApply
    /// The call waits this long before it reaches the store.
    case delay(Duration)
    /// The store refuses the call and asks to wait this long: `throttled`, with the time in the error's context.
    case throttle(retryAfter: Duration)
    /// The call arrives twice, as when a proxy repeats it; the caller gets the answer to the second arrival.
    case duplicate
    /// Only this many writes of a batch are applied; the outcome of the others is unknown. Other calls pass.
    case partialBatch(Int)
}

/// Which calls a fault is for.
public enum FaultScope: Sendable, Hashable {
    /// Every call but `close`.
    case all
    /// Reads, queries, scans, counts and heads.
    case reads
    /// Writes, batches, transactions, appends, offers, and what changes fences and logs.
    case writes

    func covers(_ scope: FaultScope) -> Bool { self == .all || self == scope }
}
