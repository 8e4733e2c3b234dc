/// What every event store checks before it does anything, so that bad input gets the same code everywhere.
public enum EventRules {
    /// Checks the parts of an append.
    ///
    /// - Throws: `emptyBatch`, `invalidArgument`, `invalidDocument`, `invalidKey`, `keyTooLong`, `duplicateEvent`,
    ///   `eventTooLarge`.
    public static func check(_ parts: [StreamAppend], capabilities: EventStoreCapabilities) throws(StoreError) {
        var ids: Set<EventID> = []
        var count = 0
        for (index, part) in parts.enumerated() {
            guard !part.events.isEmpty else {
                throw StoreError(
                    .emptyBatch,
                    "Part \(index) of the append has no events; leave it out.",
                    context: .init(item: index)
                )
            }
            if case .exact(let version) = part.expected, version < 0 {
                throw StoreError(
                    .invalidArgument,
                    "Part \(index) expects version \(version); versions begin at 1, and 0 means no stream.",
                    context: .init(item: index)
                )
            }
            for event in part.events {
                try NameRule.check(event.type, what: "event type")
                guard event.schemaVersion >= 0 else {
                    throw StoreError(.invalidArgument, "The schema version \(event.schemaVersion) is negative.")
                }
                guard !event.payload.isDeeper(than: DocumentLimits.default.maximumDepth) else {
                    throw StoreError(
                        .invalidDocument,
                        "The event's payload is nested deeper than \(DocumentLimits.default.maximumDepth) levels.",
                        context: .init(item: index)
                    )
                }
                guard ids.insert(event.id).inserted else {
                    throw StoreError(
                        .duplicateEvent,
                        "The append holds the same event id twice; give each event its own.",
                        context: .init(item: index)
                    )
                }
            }
            count += part.events.count
        }
        guard count > 0 else {
            throw StoreError(.emptyBatch, "The append has no events; do not call the store for it.")
        }
        try checkCount(count, capabilities: capabilities)
    }

    /// Checks events that are offered after a checkpoint.
    ///
    /// - Throws: `emptyBatch`, `invalidArgument`, `eventTooLarge`.
    public static func check(
        offered events: [StoredEvent],
        after checkpoint: LogCheckpoint,
        capabilities: EventStoreCapabilities
    ) throws(StoreError) {
        guard !events.isEmpty else {
            throw StoreError(.emptyBatch, "The offer has no events; do not call the store for it.")
        }
        try checkContiguous(events, after: checkpoint)
        try checkCount(events.count, capabilities: capabilities)
    }

    /// Checks that events follow a checkpoint without a gap. Throws `invalidArgument`.
    public static func checkContiguous(_ events: [StoredEvent], after checkpoint: LogCheckpoint) throws(StoreError) {
        guard checkpoint.position >= 0 else {
            throw StoreError(.invalidArgument, "The checkpoint's position \(checkpoint.position) is negative.")
        }
        for (index, event) in events.enumerated() where event.position != checkpoint.position + 1 + Int64(index) {
            throw StoreError(
                .invalidArgument,
                "Event \(index) is at position \(event.position) and not right behind the one before it; offer a contiguous run.",
                context: .init(position: event.position, item: index)
            )
        }
    }

    /// Checks a page's limit. Throws `invalidArgument`.
    public static func check(limit: Int) throws(StoreError) {
        guard limit >= 1 else {
            throw StoreError(.invalidArgument, "A page needs a limit of at least 1, not \(limit).")
        }
    }

    /// Checks a position to read after. Throws `invalidArgument`.
    public static func check(position: Int64) throws(StoreError) {
        guard position >= 0 else {
            throw StoreError(.invalidArgument, "Position \(position) is negative; 0 is the beginning.")
        }
    }

    /// Checks where a read of a stream begins. Throws `invalidArgument`.
    public static func check(start: StreamPosition) throws(StoreError) {
        switch start {
        case .forward(let version), .backward(let version):
            guard version >= 0 else {
                throw StoreError(.invalidArgument, "Version \(version) is negative; 1 is the first.")
            }
        }
    }

    private static func checkCount(_ count: Int, capabilities: EventStoreCapabilities) throws(StoreError) {
        guard count <= capabilities.maximumAppendEvents else {
            throw StoreError(
                .eventTooLarge,
                "\(count) events are more than the \(capabilities.maximumAppendEvents) that this store takes in one step; split them."
            )
        }
    }
}
