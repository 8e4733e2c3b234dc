/// What an append does to a tenant's log: decided from what the store holds, without touching it.
///
/// Adapters call ``decide(_:head:tenant:epoch:store:now:capabilities:version:existing:)`` inside the atomic step that then
/// writes the events and the head. One decision for all stores is what makes them answer alike.
public enum AppendPlan: Sendable {
    /// Write these events and this head together.
    case append([StoredEvent], head: TenantHead, AppendResult)
    /// The events are there from an earlier attempt. Write the head when the fence in it was raised.
    case alreadyThere(head: TenantHead, AppendResult)

    /// Decides an append.
    ///
    /// - Parameters:
    ///   - parts: what to append; checked with ``EventRules/check(_:capabilities:)`` before.
    ///   - head: the tenant's head in this atomic step; `nil` when there is none.
    ///   - tenant: whose log.
    ///   - epoch: the caller's epoch.
    ///   - store: the store that decides, for errors.
    ///   - now: the time to record where an event has none.
    ///   - capabilities: the limits of the store.
    ///   - version: looks up the version of a stream; 0 when it has no events.
    ///   - existing: looks up an event of the tenant by its id.
    /// - Throws: `tenantNotPrepared`, `fenced`, `epochConflict`, `invalidArgument`, `versionConflict`, `duplicateEvent`,
    ///   `conflictingEvent`, `eventTooLarge`, and what the lookups throw.
    public static func decide(
        _ parts: [StreamAppend],
        head: TenantHead?,
        tenant: TenantID,
        epoch: Epoch,
        store: StoreID,
        now: WallTime,
        capabilities: EventStoreCapabilities,
        version: (StreamID) throws(StoreError) -> Int64,
        existing: (EventID) throws(StoreError) -> StoredEvent?
    ) throws(StoreError) -> AppendPlan {
        var head = try HeadRules.require(head, tenant: tenant, store: store)
        try HeadRules.apply(head.fence.admitsAppend(epoch), to: &head, tenant: tenant, store: store)
        if !Mutant.duplicateIsAppended.isOn,
            let result = try earlierResult(of: parts, tenant: tenant, store: store, existing: existing)
        {
            return .alreadyThere(head: head, result)
        }

        var versions: [StreamID: Int64] = [:]
        var events: [StoredEvent] = []
        var result: [Int64] = []
        var bytes = 0
        if Mutant.positionIsSkipped.isOn, head.position > 0 { head.position += 1 }
        let first = head.position + 1
        for (index, part) in parts.enumerated() {
            var current: Int64
            if let known = versions[part.stream] { current = known } else { current = try version(part.stream) }
            guard part.expected.holds(for: current) else {
                throw StoreError(
                    .versionConflict,
                    "The stream is at version \(current), not as expected; read it again and decide again.",
                    context: .init(store: store, tenant: tenant, actualVersion: current, item: index)
                )
            }
            for event in part.events {
                current += 1
                head.position += 1
                let placed = StoredEvent(
                    event,
                    at: head.position,
                    stream: part.stream,
                    version: current,
                    recordedAt: now
                )
                let canonical = placed.canonicalBSON
                bytes += canonical.count
                try SizeRules.check(
                    event: canonical.count,
                    step: bytes,
                    capabilities,
                    store: store,
                    tenant: tenant,
                    item: index
                )
                head.digest = canonical.withUnsafeBytes { head.digest.chained(with: $0) }
                events.append(placed.with(digest: head.digest))
            }
            versions[part.stream] = current
            result.append(current)
        }
        let outcome = AppendResult(
            positions: first...head.position,
            versions: result,
            digest: head.digest,
            wasAlreadyThere: false
        )
        return .append(events, head: head, outcome)
    }

    /// The result of an earlier attempt with the same events; `nil` when none of them is there.
    private static func earlierResult(
        of parts: [StreamAppend],
        tenant: TenantID,
        store: StoreID,
        existing: (EventID) throws(StoreError) -> StoredEvent?
    ) throws(StoreError) -> AppendResult? {
        var found: [StoredEvent] = []
        var isComplete = true
        var versions: [Int64] = []
        for (index, part) in parts.enumerated() {
            for event in part.events {
                guard let stored = try existing(event.id) else {
                    isComplete = false
                    continue
                }
                let context = StoreError.Context(store: store, tenant: tenant, position: stored.position, item: index)
                guard stored.stream == part.stream else {
                    throw StoreError(
                        .duplicateEvent,
                        "The event id is in another stream of the tenant; ids are unique within a tenant.",
                        context: context
                    )
                }
                guard stored.holds(event, in: part.stream) || Mutant.conflictIsAccepted.isOn else {
                    throw StoreError(
                        .conflictingEvent,
                        "The event id is there with other content; never reuse an id for another event.",
                        context: context
                    )
                }
                found.append(stored)
            }
            versions.append(found.last?.version ?? 0)
        }
        guard let first = found.first, let last = found.last else { return nil }
        let isContiguous = zip(found, found.dropFirst()).allSatisfy { $0.position + 1 == $1.position }
        guard isComplete, isContiguous else {
            throw StoreError(
                .duplicateEvent,
                "Some events of the append are in the log already, at other places; append each event once.",
                context: .init(store: store, tenant: tenant, position: first.position)
            )
        }
        let shift: Int64 = Mutant.repetitionTellsOtherPlace.isOn ? 1 : 0
        return AppendResult(
            positions: (first.position + shift)...(last.position + shift),
            versions: versions,
            digest: last.digest,
            wasAlreadyThere: true
        )
    }
}

/// What offered events do to a tenant's log: decided from what the store holds, without touching it.
public enum OfferPlan: Sendable {
    /// Write these events and this head together.
    case append([StoredEvent], head: TenantHead)
    /// All events are there. Write the head when the fence in it was raised.
    case alreadyThere(head: TenantHead)
    /// The log ends before the checkpoint. Write the head when the fence in it was raised.
    case behind(head: TenantHead)

    /// Decides an offer; see ``FencedEventStore/offer(_:tenant:after:epoch:)``.
    ///
    /// - Parameters:
    ///   - events: the offered events; checked with ``EventRules/check(offered:after:capabilities:)`` before.
    ///   - checkpoint: the place right before them.
    ///   - head: the tenant's head in this atomic step; `nil` when there is none.
    ///   - tenant: whose log.
    ///   - epoch: the caller's epoch.
    ///   - store: the store that decides, for errors.
    ///   - capabilities: the limits of the store.
    ///   - digest: looks up the chained digest at a position that the log has.
    public static func decide(
        _ events: [StoredEvent],
        after checkpoint: LogCheckpoint,
        head: TenantHead?,
        tenant: TenantID,
        epoch: Epoch,
        store: StoreID,
        capabilities: EventStoreCapabilities,
        digest: (Int64) throws(StoreError) -> LogDigest
    ) throws(StoreError) -> OfferPlan {
        var head = try HeadRules.require(head, tenant: tenant, store: store)
        try HeadRules.apply(head.fence.admitsOffer(epoch), to: &head, tenant: tenant, store: store)
        guard head.position >= checkpoint.position else {
            return Mutant.behindIsApplied.isOn ? .alreadyThere(head: head) : .behind(head: head)
        }

        // Whatever is there already must be what is offered, up to the last place that both have.
        let shared = min(head.position, checkpoint.position + Int64(events.count))
        let offered =
            shared == checkpoint.position ? checkpoint.digest : events[Int(shared - checkpoint.position) - 1].digest
        let there = shared == head.position ? head.digest : try digest(shared)
        guard there == offered || Mutant.anyOfferFits.isOn else {
            throw diverged(at: shared, tenant: tenant, store: store)
        }

        let missing = events.dropFirst(Int(shared - checkpoint.position))
        guard !missing.isEmpty else { return .alreadyThere(head: head) }
        var bytes = 0
        for event in missing {
            let canonical = event.canonicalBSON
            bytes += canonical.count
            try SizeRules.check(
                event: canonical.count,
                step: bytes,
                capabilities,
                store: store,
                tenant: tenant,
                item: nil
            )
            head.position = event.position
            head.digest = canonical.withUnsafeBytes { head.digest.chained(with: $0) }
            guard head.digest == event.digest || Mutant.anyOfferFits.isOn else {
                throw diverged(at: event.position, tenant: tenant, store: store)
            }
        }
        if Mutant.offerIsStoredBackwards.isOn { return .append(missing.reversed(), head: head) }
        return .append(Array(missing), head: head)
    }

    private static func diverged(at position: Int64, tenant: TenantID, store: StoreID) -> StoreError {
        StoreError(
            .logDiverged,
            "The two logs differ at or before position \(position); verify them, and repair the one that is wrong.",
            context: .init(store: store, tenant: tenant, position: position)
        )
    }
}

/// The checks on a head that appends, offers and repairs share.
public enum HeadRules {
    /// The head, or `tenantNotPrepared`. Throws `newerSchema` for a chain that this version cannot continue.
    public static func require(_ head: TenantHead?, tenant: TenantID, store: StoreID) throws(StoreError) -> TenantHead {
        guard let head else {
            throw StoreError(
                .tenantNotPrepared,
                "The store holds no head for the tenant; prepare it first.",
                context: .init(store: store, tenant: tenant)
            )
        }
        guard head.digestVersion == LogDigest.algorithmVersion else {
            throw StoreError(
                .newerSchema,
                "The log is chained with algorithm version \(head.digestVersion), this library knows \(LogDigest.algorithmVersion); update it.",
                context: .init(store: store, tenant: tenant)
            )
        }
        return head
    }

    /// Raises the fence in `head` if the verdict says so; throws if it refuses.
    public static func apply(
        _ verdict: FenceVerdict,
        to head: inout TenantHead,
        tenant: TenantID,
        store: StoreID
    ) throws(StoreError) {
        switch verdict {
        case .admitted: break
        case .admittedRaising(let fence): head.fence = fence
        case .refused(let code): throw head.fence.error(code, tenant: tenant, store: store)
        }
    }
}

/// The limits on what one step may hold.
enum SizeRules {
    static func check(
        event: Int,
        step: Int,
        _ capabilities: EventStoreCapabilities,
        store: StoreID,
        tenant: TenantID,
        item: Int?
    ) throws(StoreError) {
        let context = StoreError.Context(store: store, tenant: tenant, item: item)
        guard event <= capabilities.maximumEventBytes else {
            throw StoreError(
                .eventTooLarge,
                "The event has \(event) bytes, and this store holds at most \(capabilities.maximumEventBytes); make it smaller.",
                context: context
            )
        }
        guard step <= capabilities.maximumAppendBytes else {
            throw StoreError(
                .eventTooLarge,
                "The events together exceed the \(capabilities.maximumAppendBytes) bytes of one step; split them.",
                context: context
            )
        }
    }
}
