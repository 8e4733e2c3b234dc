import MigrationCore
import Testing

/// What writers did: each event that was acknowledged with its position, and the errors that they saw.
final class WriterLog: Sendable {
    private let state = Locked((acknowledged: [EventID: Int64](), errors: [StoreError]()))

    func acknowledge(_ id: EventID, at position: Int64) { state.withLock { $0.acknowledged[id] = position } }
    func fail(_ error: StoreError) { state.withLock { $0.errors.append(error) } }
    var acknowledged: [EventID: Int64] { state.withLock { $0.acknowledged } }
    var errors: [StoreError] { state.withLock { $0.errors } }
    var count: Int { state.withLock { $0.acknowledged.count } }

    /// Waits until this many more events were acknowledged.
    func more(_ count: Int) async throws {
        let goal = self.count + count
        while self.count < goal { try await Task.sleep(for: .milliseconds(2)) }
    }
}

/// How long a writer rests after each acknowledged append.
///
/// Writers that outrun the copy to an account that refuses each tenth request are told so by the gate of the cutover, and the move
/// ends only when they have slowed down; that is tested with `OutrunCopyTests`.
private let restBetweenAppends = Duration.milliseconds(10)

/// Appends events to one stream until it is cancelled. An append whose end is open is repeated with the same event.
func write(through store: any EventStore, as name: Int, tenant: TenantID, to log: WriterLog) async {
    let stream = StreamID(stringLiteral: "stream-\(name)")
    var number: Int32 = 0
    while !Task.isCancelled {
        number += 1
        let event = NewEvent(
            type: "Counted",
            occurredAt: .now(),
            payload: ["writer": .int32(Int32(name)), "n": .int32(number)]
        )
        while !Task.isCancelled {
            do throws(StoreError) {
                let result = try await store.append([event], to: stream, tenant: tenant)
                log.acknowledge(event.id, at: result.positions.lowerBound)
                try? await Task.sleep(for: restBetweenAppends)
                break
            } catch {
                guard error.code != .cancelled else { return }
                log.fail(error)
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}

/// Proves a log: positions without gaps, no event twice, the chain whole, and every acknowledged event at its position.
func prove(_ log: WriterLog, of tenant: TenantID, in store: any FencedEventStore) async throws {
    var events: [StoredEvent] = []
    while true {
        let page = try await store.readLog(
            tenant: tenant,
            after: Int64(events.count),
            limit: 1_000,
            epoch: .maintenance
        )
        if page.isEmpty { break }
        events += page
    }
    #expect(events.map(\.position) == Array(1...Int64(max(1, events.count))))
    #expect(Set(events.map(\.id)).count == events.count)
    let positions = Dictionary(uniqueKeysWithValues: events.map { ($0.id, $0.position) })
    for (id, position) in log.acknowledged { #expect(positions[id] == position) }
    var digest = LogDigest.empty
    for event in events {
        digest = event.chainedDigest(after: digest)
        #expect(event.digest == digest)
    }
}
