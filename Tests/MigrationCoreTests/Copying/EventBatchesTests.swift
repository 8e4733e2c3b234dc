import Testing

@testable import MigrationCore

@Suite("Batches of events")
struct EventBatchesTests {
    @Test("a page is cut by count, in order", arguments: [0, 1, 9, 10, 11, 25])
    func byCount(size: Int) {
        let page = EventLogs.chain(size)
        let batches = Array(EventBatches(page, maximumEvents: 10, maximumBytes: .max))
        #expect(batches.flatMap(\.events) == page)
        #expect(batches.allSatisfy { (1...10).contains($0.events.count) })
        #expect(batches.count == (size + 9) / 10)
    }

    @Test("a page is cut by bytes; an event that is larger than a batch goes alone")
    func byBytes() {
        let page = EventLogs.chain(6) { ["text": .string(String(repeating: "x", count: $0 == 3 ? 5_000 : 100))] }
        let batches = Array(EventBatches(page, maximumEvents: 100, maximumBytes: 1_000))
        #expect(batches.flatMap(\.events) == page)
        #expect(batches.allSatisfy { $0.bytes <= 1_000 || $0.events.count == 1 })
        #expect(batches.contains { $0.events.map(\.position) == [3] })
    }

    @Test("the size of the canonical form is known without making it")
    func canonicalSize() {
        for event in EventLogs.chain(3) + [EventLogs.full] {
            #expect(event.canonicalByteCount == event.canonicalBSON.count)
        }
    }
}

@Suite("Preparing a follower")
struct FollowerPreparationTests {
    private let first = Epoch(number: 1, route: RouteID(high: 7, low: 7))
    private let theirs = Epoch(number: 4, route: RouteID(high: 9, low: 9))
    private let newer = Epoch(number: 5, route: RouteID(high: 9, low: 9))

    private func decide(_ role: Fence.Role?, asked: Epoch?) -> FollowerPreparation.Decision {
        FollowerPreparation.decide(fence: role.map { Fence(epoch: theirs, role: $0) }, asked: asked, first: first)
    }

    @Test("a store that does not know the tenant begins as a follower")
    func unknownTenant() {
        #expect(decide(nil, asked: nil) == .prepare(Fence(epoch: first, role: .follower)))
        #expect(decide(nil, asked: newer) == .prepare(Fence(epoch: newer, role: .follower)))
    }

    @Test("a follower keeps its epoch unless a newer one is asked for")
    func follower() {
        #expect(decide(.follower, asked: nil) == .adopt(theirs))
        #expect(decide(.follower, asked: theirs) == .adopt(theirs))
        #expect(decide(.follower, asked: newer) == .prepare(Fence(epoch: newer, role: .follower)))
    }

    @Test("an active store is refused, whatever epoch is asked for")
    func open() {
        #expect(decide(.open, asked: nil) == .refuse(.storeIsActive, Fence(epoch: theirs, role: .open)))
        #expect(decide(.open, asked: newer) == .refuse(.storeIsActive, Fence(epoch: theirs, role: .open)))
    }

    @Test("a closed store is a follower again only under an epoch that somebody names")
    func closed() {
        #expect(decide(.closed, asked: nil) == .refuse(.fenced, Fence(epoch: theirs, role: .closed)))
        #expect(decide(.closed, asked: newer) == .prepare(Fence(epoch: newer, role: .follower)))
    }
}
