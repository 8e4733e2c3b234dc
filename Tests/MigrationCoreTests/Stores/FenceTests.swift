import MigrationCore
import Testing

@Suite("A fence")
struct FenceTests {
    static let route = RouteID(high: 7, low: 7)
    static let other = RouteID(high: 8, low: 8)

    static func epoch(_ number: Int64, _ route: RouteID = route) -> Epoch { Epoch(number: number, route: route) }
    static func fence(_ number: Int64, _ role: Fence.Role) -> Fence {
        Fence(epoch: epoch(number), role: role, successor: "next")
    }

    @Test("refuses every call with a smaller epoch", arguments: [Fence.Role.open, .follower, .closed])
    func smaller(role: Fence.Role) {
        let fence = Self.fence(5, role)
        #expect(fence.admitsAppend(Self.epoch(4)) == .refused(.fenced))
        #expect(fence.admitsOffer(Self.epoch(4)) == .refused(.fenced))
        #expect(fence.admitsRead(Self.epoch(4)) == .refused(.fenced))
        #expect(fence.admitsRepair(Self.epoch(4)) == .refused(.fenced))
        #expect(fence.admitsRaise(to: Self.fence(4, role)) == .refused(.fenced))
    }

    @Test("refuses the same epoch of another route", arguments: [Fence.Role.open, .follower, .closed])
    func otherRoute(role: Fence.Role) {
        let fence = Self.fence(5, role)
        let epoch = Self.epoch(5, Self.other)
        #expect(fence.admitsAppend(epoch) == .refused(.epochConflict))
        #expect(fence.admitsOffer(epoch) == .refused(.epochConflict))
        #expect(fence.admitsRead(epoch) == .refused(.epochConflict))
        #expect(fence.admitsRepair(epoch) == .refused(.epochConflict))
        #expect(fence.admitsRaise(to: Fence(epoch: epoch, role: role)) == .refused(.epochConflict))
    }

    @Test("takes appends at its epoch only while the store is open")
    func appends() {
        #expect(Self.fence(5, .open).admitsAppend(Self.epoch(5)) == .admitted)
        #expect(Self.fence(5, .follower).admitsAppend(Self.epoch(5)) == .refused(.fenced))
        #expect(Self.fence(5, .closed).admitsAppend(Self.epoch(5)) == .refused(.fenced))
    }

    @Test("is raised and opened by an append with a higher epoch", arguments: [Fence.Role.open, .follower, .closed])
    func higherAppend(role: Fence.Role) {
        let raised = Fence(epoch: Self.epoch(6, Self.other), role: .open)
        #expect(Self.fence(5, role).admitsAppend(Self.epoch(6, Self.other)) == .admittedRaising(raised))
    }

    @Test("takes offers on a follower only, and a higher epoch keeps it a follower")
    func offers() {
        #expect(Self.fence(5, .follower).admitsOffer(Self.epoch(5)) == .admitted)
        #expect(Self.fence(5, .open).admitsOffer(Self.epoch(6)) == .refused(.storeIsActive))
        #expect(Self.fence(5, .closed).admitsOffer(Self.epoch(6)) == .refused(.fenced))
        #expect(Self.fence(5, .follower).admitsOffer(Self.epoch(6)) == .admittedRaising(Self.fence(6, .follower)))
    }

    @Test("lets the maintenance epoch read everything and do nothing else")
    func maintenance() {
        for role in [Fence.Role.open, .follower, .closed] {
            let fence = Self.fence(5, role)
            #expect(fence.admitsRead(.maintenance) == .admitted)
            #expect(fence.admitsAppend(.maintenance) == .refused(.invalidArgument))
            #expect(fence.admitsOffer(.maintenance) == .refused(.invalidArgument))
            #expect(fence.admitsRepair(.maintenance) == .refused(.invalidArgument))
            #expect(fence.admitsRaise(to: Fence(epoch: .maintenance, role: .open)) == .refused(.invalidArgument))
        }
    }

    @Test("admits the same raise again and refuses a different one at its epoch")
    func raising() {
        let fence = Self.fence(5, .closed)
        #expect(fence.admitsRaise(to: fence) == .admitted)
        #expect(fence.admitsRaise(to: Self.fence(5, .open)) == .refused(.epochConflict))
        #expect(fence.admitsRaise(to: Self.fence(6, .open)) == .admittedRaising(Self.fence(6, .open)))
    }

    @Test("lets a log be repaired unless the store is the active one")
    func repair() {
        #expect(Self.fence(5, .open).admitsRepair(Self.epoch(6)) == .refused(.storeIsActive))
        #expect(Self.fence(5, .closed).admitsRepair(Self.epoch(5)) == .admitted)
        #expect(Self.fence(5, .follower).admitsRepair(Self.epoch(6)) == .admittedRaising(Self.fence(6, .follower)))
    }
}
