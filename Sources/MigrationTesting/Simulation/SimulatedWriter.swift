internal import MigrationCore

/// What was acknowledged to whom: kept outside of all processes, like the parent of a crash test.
final class AcknowledgementLedger: Sendable {
    /// One acknowledged append.
    struct Entry: Sendable {
        let tenant: TenantID
        let stream: StreamID
        let version: Int64
        let id: EventID
        let position: Int64
    }

    private struct State {
        var entries: [Entry] = []
        /// The next event of each stream, kept until it is acknowledged: a writer that starts again goes on with it.
        var open: [StreamID: (version: Int64, event: NewEvent)] = [:]
        var versions: [StreamID: Int64] = [:]
    }

    private let state = Locked(State())

    var entries: [Entry] { state.withLock { $0.entries } }

    /// The event that a stream is waiting to have acknowledged, made if there is none.
    func next(of stream: StreamID, make: () -> NewEvent) -> (version: Int64, event: NewEvent) {
        if let open = state.withLock({ $0.open[stream] }) { return open }
        let event = make()
        return state.withLock { state in
            let next = ((state.versions[stream] ?? 0) + 1, event)
            state.open[stream] = next
            return next
        }
    }

    func acknowledge(_ entry: Entry) {
        state.withLock { state in
            state.entries.append(entry)
            state.open[entry.stream] = nil
            state.versions[entry.stream] = entry.version
        }
    }
}

/// Appends events one after the other, each until it is acknowledged, and reads each one back.
struct SimulatedWriter: Sendable {
    let name: String
    let tenant: TenantID
    let store: any EventStore
    let process: SimulatedProcess
    let world: SimulatedWorld
    let ledger: AcknowledgementLedger

    func run() async {
        let stream = StreamID(stringLiteral: "stream-\(name)")
        while !Task.isCancelled, !process.isCrashed {
            let (version, event) = ledger.next(of: stream) {
                NewEvent(
                    id: EventID(from: world.random),
                    type: "Counted",
                    occurredAt: WallTime(millisecondsSinceEpoch: 0),
                    payload: ["writer": .string(name), "n": .int64(Int64(world.acknowledgedCount))]
                )
            }
            if let result = await append(event, to: stream, version: version) {
                guard !process.isCrashed else { return }
                ledger.acknowledge(
                    AcknowledgementLedger.Entry(
                        tenant: tenant,
                        stream: stream,
                        version: version,
                        id: event.id,
                        position: result.positions.lowerBound
                    )
                )
                world.acknowledged()
                world.note("\(process.name) acknowledged \(stream) \(version) at \(result.positions.lowerBound)")
                await readBack(stream, version)
            }
            _ = await world.executor.sleep(until: world.executor.now + world.time(around: .milliseconds(100)))
        }
    }

    /// One attempt. An attempt that fails for a passing reason is made again, with the same event.
    private func append(_ event: NewEvent, to stream: StreamID, version: Int64) async -> AppendResult? {
        world.appendBegins(tenant)
        defer { world.appendEnds(tenant) }
        let isCancelled = world.strikes(0.03)
        let patience = world.time(around: .milliseconds(3))
        let result: Result<AppendResult, StoreError>
        if isCancelled {
            world.count(.cancelledCaller)
            result = await withTaskGroup(of: Result<AppendResult, StoreError>?.self) { group in
                group.addTask { await self.attempt(event, stream, version) }
                group.addTask {
                    _ = await self.world.executor.sleep(until: self.world.executor.now + patience)
                    return nil
                }
                _ = await group.next()
                group.cancelAll()
                for await late in group { if let late { return late } }
                return .failure(StoreError(.cancelled, "The caller was cancelled."))
            }
        } else {
            result = await attempt(event, stream, version)
        }
        switch result {
        case .success(let result):
            if result.versions != [version] {
                world.violation("\(stream) was acknowledged at version \(result.versions) instead of \(version)")
            }
            return result
        case .failure(let error):
            switch error.code {
            case .cancelled, .outcomeUnknown, .unavailable, .throttled, .timeout, .busy: return nil
            case .controlStoreBehind where !process.isCrashed:
                world.violation("A router of \(process.name) says that the control store is behind, and it is not.")
                return nil
            default:
                if !process.isCrashed { world.violation("An append of \(stream) failed with \(error)") }
                return nil
            }
        }
    }

    private func attempt(
        _ event: NewEvent,
        _ stream: StreamID,
        _ version: Int64
    ) async -> Result<AppendResult, StoreError> {
        do throws(StoreError) {
            let part = StreamAppend(stream, expected: .exact(version - 1), events: [event])
            return .success(try await store.append([part], tenant: tenant))
        } catch {
            return .failure(error)
        }
    }

    private func readBack(_ stream: StreamID, _ version: Int64) async {
        do throws(StoreError) {
            let there = try await store.streamVersion(stream, tenant: tenant)
            if there < version {
                world.violation("\(process.name) acknowledged \(stream) \(version) and reads back \(there)")
            }
        } catch {}
    }
}
