internal import CutoverAzureTransport
internal import CutoverBlockingLanes
internal import MigrationCore

/// Carries out steps on tenants' logs: reads the head, lets the works decide, and writes events and head in one batch under
/// the head's version.
struct LogCommitter: Sendable {
    let logs: LogGateway
    let store: StoreID
    let environment: AzureEnvironment
    let deadline: Duration
    /// Told the tenant after each commit.
    let committed: @Sendable (TenantID) -> Void

    /// Commits works together and answers each of them.
    func commit(_ items: [AppendQueue.Item], _ tenant: TenantID) async {
        do throws(StoreError) {
            let contended = ContendedWrite(
                timeline: environment.timeline,
                deadline: deadline,
                random: environment.random
            )
            _ = try await contended.run(nil) { () async throws(StoreError) -> Bool? in
                try await attempt(items, tenant) ? true : nil
            }
            for item in items { item.work.finish() }
            committed(tenant)
        } catch {
            let mayBeOfOne =
                switch error.code.category {
                case .caller, .conflict, .data, .routing: true
                case .transient, .authorization, .indeterminate: false
                }
            if items.count == 1 || !mayBeOfOne {
                for item in items { item.work.fail(with: error.from(store)) }
            } else {
                for item in items { await commit([item], tenant) }
            }
        }
    }

    /// One attempt; false when another writer was first, and nothing was applied.
    private func attempt(_ items: [AppendQueue.Item], _ tenant: TenantID) async throws(StoreError) -> Bool {
        let found = try await logs.head(tenant)
        let step = try await step(found, items, tenant)
        for item in items { _ = item.work.run(in: step) }
        guard let head = step.newHead else { return true }
        let stamp = environment.random.stamp()
        var operations: [[UInt8]] = []
        let body = head.json(tenant: tenant, stamp: stamp)
        let partition = EventItems.partition(tenant)
        operations.append(
            ItemChange(
                kind: found.map { .replaceVersion($0.etag) } ?? .insert,
                id: EventItems.headID,
                partition: partition,
                body: body,
                stamp: stamp
            ).operation(isBulk: false)
        )
        for event in step.added {
            let generation = head.generation(at: event.position)
            operations.append(
                ItemChange(
                    kind: .insert,
                    id: EventItems.eventID(generation: generation, position: event.position),
                    partition: partition,
                    body: EventItems.json(event, generation: generation, tenant: tenant, stamp: stamp),
                    stamp: stamp
                ).operation(isBulk: false)
            )
        }
        return try await send(operations, stamp, step, head, found, tenant)
    }

    private func send(
        _ operations: [[UInt8]],
        _ stamp: String,
        _ step: LogStep,
        _ head: LogHead,
        _ found: LogHead?,
        _ tenant: TenantID
    ) async throws(StoreError) -> Bool {
        let context = StoreError.Context(tenant: tenant)
        let doubt = AzureError(.outcomeUnknown, service: .cosmos).storeError(context)
        let end: CosmosGateway.BatchEnd
        do throws(AzureError) {
            end = try await logs.gateway.transact(
                operations,
                // The head is among them under the condition of its version, or of its absence, which nothing restores.
                effect: .repeatableWrite,
                partition: EventItems.partition(tenant),
                in: logs.container
            )
        } catch  where error.kind == .outcomeUnknown {
            return try await resolve(stamp, step, head, found, tenant, error.storeError(context))
        } catch {
            throw error.storeError(context)
        }
        switch end {
        case .applied: return true
        case .strange: return try await resolve(stamp, step, head, found, tenant, doubt)
        case .tooLarge(let bytes):
            throw StoreError(
                .eventTooLarge,
                "The events make a request of \(bytes) bytes, and Cosmos DB takes 2 MiB; split them.",
                context: context
            )
        case .refused(let index, let result, let mayHaveBeenApplied):
            if mayHaveBeenApplied { return try await resolve(stamp, step, head, found, tenant, doubt) }
            return try refusal(index, result, context)
        }
    }

    private func refusal(
        _ index: Int,
        _ result: OperationResult,
        _ context: StoreError.Context
    ) throws(StoreError) -> Bool {
        switch result.status {
        // The head is another one, or there is one already.
        case 404, 409, 412:
            guard index == 0 else {
                throw StoreError(
                    .corrupt,
                    "The log holds an event where its head says that there is none; verify the log and repair it.",
                    context: context
                )
            }
            return false
        case 449: return false
        case 429: throw StoreError(.throttled, "Cosmos DB asks for fewer requests; slow down.", context: context)
        case 413:
            throw StoreError(
                .eventTooLarge,
                "An event is larger than Cosmos DB takes; make it smaller.",
                context: context
            )
        case 403 where result.substatus == 1014:
            throw StoreError(
                .diskFull,
                "The tenant's log has reached the size of a logical partition, 20 GB; move it to another store.",
                context: context
            )
        default:
            throw StoreError(
                .busy,
                "Cosmos DB refused the events for now, with status \(result.status)/\(result.substatus); try again.",
                context: context
            )
        }
    }

    /// Finds out how a batch ended whose reply was lost.
    ///
    /// - Returns: true when it was applied; false when it was not, and never can be, because its condition cannot hold again.
    private func resolve(
        _ stamp: String,
        _ step: LogStep,
        _ head: LogHead,
        _ found: LogHead?,
        _ tenant: TenantID,
        _ error: StoreError
    ) async throws(StoreError) -> Bool {
        do throws(StoreError) {
            guard let now = try await logs.head(tenant), now.etag != found?.etag else { throw error }
            if now.stamp == stamp { return true }
            // Somebody changed the head on top of it, or instead of it: its first event tells.
            guard let first = step.added.first else { return false }
            let id = EventItems.eventID(generation: head.generation(at: first.position), position: first.position)
            return try await logs.item(id, tenant)?["write"] == .string(stamp)
        } catch {
            throw StoreError(
                .outcomeUnknown,
                "Cosmos DB did not say how the write ended; append again, which tells.",
                context: .init(tenant: tenant),
                underlying: error
            )
        }
    }
}

extension LogCommitter {
    /// Reads what the works will look up, as it is at the head.
    private func step(
        _ found: LogHead?,
        _ items: [AppendQueue.Item],
        _ tenant: TenantID
    ) async throws(StoreError) -> LogStep {
        guard let found, found.head.position > 0 else {
            return LogStep(found, versions: [:], known: [:], digests: [:])
        }
        let ids = Array(Set(items.flatMap(\.needs.ids)))
        let streams = Array(Set(items.flatMap(\.needs.streams)))
        let last = found.head.position
        let positions = Set(items.flatMap(\.needs.positions)).filter { $0 >= 1 && $0 < last }
        let condition = found.condition(after: 0, upTo: last)
        enum Look: Sendable {
            case ids(ArraySlice<EventID>)
            case stream(StreamID)
            case position(Int64)
        }
        enum Seen: Sendable {
            case events([StoredEvent])
            case version(StreamID, Int64)
        }
        var looks: [Look] = streams.map { .stream($0) } + positions.map { .position($0) }
        for start in stride(from: 0, to: ids.count, by: 100) {
            looks.append(.ids(ids[start..<min(start + 100, ids.count)]))
        }
        let seen = await ConcurrentCalls.each(looks, limit: 8) { [logs] (look) async throws(StoreError) -> Seen in
            switch look {
            case .ids(let ids):
                let names = ids.indices.map { "@e\($0)" }.joined(separator: ", ")
                let query = ItemQuery(
                    text: "SELECT * FROM c WHERE c.eventId IN (\(names)) AND \(condition)",
                    parameters: ids.indices.map { ("@e\($0)", .string(ids[$0].description)) }
                )
                return .events(try await logs.events(query, tenant, limit: .max))
            case .stream(let stream):
                return .version(stream, try await logs.version(of: stream, found, tenant))
            case .position(let position):
                return .events([try await logs.event(at: position, found, tenant)])
            }
        }
        var versions: [StreamID: Int64] = [:]
        var known: [EventID: StoredEvent] = [:]
        var digests: [Int64: LogDigest] = [:]
        for result in seen {
            switch try result.get() {
            case .version(let stream, let version): versions[stream] = version
            case .events(let events):
                for event in events {
                    known[event.id] = event
                    digests[event.position] = event.digest
                }
            }
        }
        return LogStep(found, versions: versions, known: known, digests: digests)
    }
}

extension LogGateway {
    /// The version of a stream's last event as of a head; 0 when it has none.
    func version(of stream: StreamID, _ head: LogHead, _ tenant: TenantID) async throws(StoreError) -> Int64 {
        guard head.head.position > 0 else { return 0 }
        let condition = head.condition(after: 0, upTo: head.head.position)
        let query = ItemQuery(
            text: "SELECT TOP 1 c.version FROM c WHERE c.stream = @stream AND \(condition) ORDER BY c.version DESC",
            parameters: [("@stream", .string(stream.text))]
        )
        var version: Int64 = 0
        try await items(query, tenant, size: 1) { (item) throws(StoreError) in
            version = EventItems.integer(item["version"]) ?? 0
            return false
        }
        return version
    }
}
