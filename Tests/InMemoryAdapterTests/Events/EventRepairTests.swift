import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Offers to and repair of an in-memory log")
struct EventRepairTests {
    let source = InMemoryEventStore(id: "source")
    let target = InMemoryEventStore(id: "target")
    let epoch = Epoch(number: 2, route: route)

    init() async throws {
        for type in ["A", "B", "C"] {
            try source.seed([event(type)], to: "s", tenant: "a")
            try source.seed([event(type)], to: "t", tenant: "a")
        }
        try await target.prepare(tenant: "a", fence: Fence(epoch: epoch, role: .follower))
    }

    func offerAll() async throws {
        _ = try await target.offer(source.events(of: "a"), tenant: "a", after: .beginning, epoch: epoch)
    }

    @Test("a rewritten tail changes log, streams, versions and ids together")
    func rewrite() async throws {
        try await offerAll()
        let other = InMemoryEventStore()
        let shared = source.events(of: "a")[2].checkpoint
        try await other.prepare(tenant: "a", fence: Fence(epoch: epoch, role: .follower))
        _ = try await other.offer(Array(source.events(of: "a")[..<3]), tenant: "a", after: .beginning, epoch: epoch)
        try await other.raiseFence(tenant: "a", to: Fence(epoch: Epoch(number: 3, route: route), role: .open))
        let added = event("X")
        try other.seed([added], to: "s", tenant: "a")

        let head = try await target.replaceLog(
            tenant: "a",
            after: shared,
            with: Array(other.events(of: "a")[3...]),
            expecting: #require(source.head(of: "a")).checkpoint,
            epoch: epoch
        )
        #expect(head == target.head(of: "a"))
        #expect(target.events(of: "a") == other.events(of: "a"))
        #expect(target.events(of: "a", in: "t").map(\.version) == [1])
        #expect(try await target.streamVersion("s", tenant: "a", epoch: .maintenance) == 3)
        #expect(try await target.contains(added.id, tenant: "a", epoch: .maintenance))
        let removed = source.events(of: "a")[5].id
        #expect(try await !target.contains(removed, tenant: "a", epoch: .maintenance))
    }

    @Test("a tail with a digest that the chain does not give changes nothing")
    func brokenChain() async throws {
        try await offerAll()
        let events = source.events(of: "a")
        let broken = Array(events[3...4]) + [events[5].with(digest: .empty)]
        await expect(.logDiverged) {
            _ = try await target.replaceLog(
                tenant: "a",
                after: events[2].checkpoint,
                with: broken,
                expecting: events[5].checkpoint,
                epoch: epoch
            )
        }
        #expect(target.events(of: "a") == events)
    }

    @Test("an offered event that is in the log already, or skips a version, is refused although its chain is sound")
    func impossibleOffer() async throws {
        try await offerAll()
        let last = try #require(source.events(of: "a").last)
        let head = try #require(target.head(of: "a"))
        for (id, version) in [(last.id, Int64(4)), (EventID(), 9)] {
            let forged = StoredEvent(
                position: 7,
                stream: last.stream,
                version: version,
                id: id,
                type: "A",
                schemaVersion: 1,
                occurredAt: last.occurredAt,
                recordedAt: last.recordedAt,
                correlationID: nil,
                causationID: nil,
                actor: nil,
                metadata: [:],
                payload: [:],
                digest: .empty
            )
            let chained = forged.with(digest: forged.chainedDigest(after: head.digest))
            await expect(.logDiverged) {
                _ = try await target.offer([chained], tenant: "a", after: head.checkpoint, epoch: epoch)
            }
        }
        #expect(target.head(of: "a") == head)
    }

    @Test("a purge removes every index and keeps the head under the new fence")
    func purge() async throws {
        try await offerAll()
        let fence = Fence(epoch: Epoch(number: 3, route: route), role: .closed)
        for _ in 1...2 {
            #expect(try await target.purge(tenant: "a", fence: fence) == TenantHead(fence: fence))
        }
        #expect(target.eventCount(of: "a") == 0)
        #expect(target.tenants == ["a"])
        let first = source.events(of: "a")[0]
        #expect(try await target.streamVersion("s", tenant: "a", epoch: .maintenance) == 0)
        #expect(try await !target.contains(first.id, tenant: "a", epoch: .maintenance))
        await expect(.storeIsActive) { try await source.purge(tenant: "a", fence: fence) }
        await expect(.invalidArgument) {
            try await target.purge(tenant: "a", fence: Fence(epoch: Epoch(number: 4, route: route), role: .open))
        }
    }
}
