import Testing

@testable import MigrationCore

@Suite("A route")
struct RouteChangeTests {
    static let id = MigrationID(from: RandomSource { 1 })
    static let other = MigrationID(from: RandomSource { 2 })
    static let time = WallTime(millisecondsSinceEpoch: 5)

    static func route(_ changes: RouteChange...) throws -> Route {
        var route = Route(tenant: "acme", id: RouteID(high: 1, low: 2), active: "a")
        for change in changes { route = try route.applying(change, by: "ada", at: time) }
        return route
    }

    static let start = RouteChange.start(id, source: "a", target: "b", reverses: nil)
    static let toDualWrite: [RouteChange] = [start, .beginCopy(id), .follow(id)]

    static func inState(_ state: MigrationState) throws -> Route {
        var route = try route(start)
        let changes: [RouteChange] =
            switch state {
            case .pending: []
            case .bulkCopy: [.beginCopy(id)]
            case .dualWrite: [.beginCopy(id), .follow(id)]
            case .cutover: [.beginCopy(id), .follow(id), .beginCutover(id, budget: .seconds(5))]
            case .paused: [.beginCopy(id), .pause(id)]
            case .migrated, .failed, .rolledBack: []
            }
        for change in changes { route = try route.applying(change, by: "ada", at: time) }
        return route
    }

    @Test("goes from normal through copy and dual write to the target")
    func wholeWay() throws {
        let cutover = try Self.inState(.cutover)
        let done = try cutover.applying(
            .completeCutover(Self.id, at: cutover.epoch, keepSourceWarm: true, branch: nil),
            by: "ada",
            at: Self.time
        )
        #expect(done.active == "b")
        #expect(done.move == nil)
        #expect(done.warm == Route.WarmCopy(store: "a", migration: Self.id))
        #expect(done.number == cutover.number + 1)
        #expect(done.pending.map(\.operation) == ["start", "copy", "follow", "begin cutover", "cutover"])
        #expect(done.pending.last?.state == .migrated)
    }

    @Test("every change has a higher epoch")
    func epochsGrow() throws {
        var route = Route(tenant: "acme", id: RouteID(high: 1, low: 2), active: "a")
        for change in Self.toDualWrite + [
            .pause(Self.id), .resume(Self.id), .beginCutover(Self.id, budget: .seconds(1)),
            .abort(Self.id, purging: false),
        ] {
            let next = try route.applying(change, by: "ada", at: Self.time)
            #expect(next.number > route.number)
            #expect(next.active == "a")
            route = next
        }
    }

    @Test("leaves a cutover only above what the abandoned attempt can still raise")
    func leavingACutover() throws {
        let cutover = try Self.inState(.cutover)
        let changes: [RouteChange] = [
            .abandonCutover(Self.id, at: cutover.epoch), .abort(Self.id, purging: false), .fail(Self.id),
            .emergencyStop,
        ]
        for change in changes {
            let next = try cutover.applying(change, by: "ada", at: Self.time)
            #expect(next.number == cutover.number + 2)
            #expect(next.active == "a")
        }
        let back = try cutover.applying(.abandonCutover(Self.id, at: cutover.epoch), by: "ada", at: Self.time)
        #expect(back.state == .dualWrite)
    }

    @Test("a pause returns to the state before")
    func pause() throws {
        for state in [MigrationState.bulkCopy, .dualWrite] {
            let paused = try Self.inState(state).applying(.pause(Self.id), by: "ada", at: Self.time)
            #expect(paused.state == .paused)
            #expect(try paused.applying(.resume(Self.id), by: "ada", at: Self.time).state == state)
        }
    }

    @Test("allows each change in its states only", arguments: MigrationState.allCases.filter { !$0.isTerminal })
    func allowedStates(state: MigrationState) throws {
        let route = try Self.inState(state)
        let changes: [(RouteChange, Set<MigrationState>)] = [
            (Self.start, []), (.beginCopy(Self.id), [.pending]), (.follow(Self.id), [.bulkCopy]),
            (.pause(Self.id), [.bulkCopy, .dualWrite]), (.resume(Self.id), [.paused]),
            (.beginCutover(Self.id, budget: .seconds(1)), [.dualWrite]),
            (.completeCutover(Self.id, at: route.epoch, keepSourceWarm: false, branch: nil), [.cutover]),
            (.abandonCutover(Self.id, at: route.epoch), [.cutover]),
            (.abort(Self.id, purging: false), [.pending, .bulkCopy, .dualWrite, .cutover, .paused]),
            (.fail(Self.id), [.pending, .bulkCopy, .dualWrite, .cutover, .paused]),
            (.abort(Self.other, purging: false), []),
        ]
        for (change, states) in changes {
            if states.contains(state) {
                #expect(throws: Never.self) { try route.applying(change, by: "ada", at: Self.time) }
            } else {
                let error = #expect(throws: CutoverError.self) { try route.applying(change, by: "ada", at: Self.time) }
                #expect(error?.code == .state)
            }
        }
    }

    @Test("a cutover is completed under its own epoch only")
    func otherEpoch() throws {
        let cutover = try Self.inState(.cutover)
        let stale = Epoch(number: cutover.number - 1, route: cutover.id)
        let error = #expect(throws: CutoverError.self) {
            try cutover.applying(
                .completeCutover(Self.id, at: stale, keepSourceWarm: false, branch: nil),
                by: "ada",
                at: Self.time
            )
        }
        #expect(error?.code == .state)
    }

    @Test("starts from the store that is active now, and not onto itself")
    func wrongStart() throws {
        for change in [
            RouteChange.start(Self.id, source: "b", target: "c", reverses: nil),
            .start(Self.id, source: "a", target: "a", reverses: nil),
        ] {
            let error = #expect(throws: CutoverError.self) { try Self.route(change) }
            #expect(error?.code == .state)
        }
    }

    @Test("a way back that has migrated rolls the first migration back in the same change")
    func reversal() throws {
        var route = try Self.route(.start(Self.id, source: "a", target: "b", reverses: Self.other))
        for change in [RouteChange.beginCopy(Self.id), .follow(Self.id), .beginCutover(Self.id, budget: .seconds(1))] {
            route = try route.applying(change, by: "ada", at: Self.time)
        }
        route = try route.applying(
            .completeCutover(Self.id, at: route.epoch, keepSourceWarm: false, branch: nil),
            by: "ada",
            at: Self.time
        )
        #expect(route.pending.contains { $0.migration == Self.other && $0.state == .rolledBack })
        #expect(route.pending.contains { $0.migration == Self.id && $0.state == .migrated })
    }

    @Test("a branch that a forced cutover left stops the tenant from moving again until it is repaired")
    func branch() throws {
        let cutover = try Self.inState(.cutover)
        let branch = Route.BranchPoint(store: "a", place: .beginning, sourcePosition: 3)
        #expect(throws: CutoverError.self) {
            try cutover.applying(
                .completeCutover(Self.id, at: cutover.epoch, keepSourceWarm: true, branch: branch),
                by: "ada",
                at: Self.time
            )
        }
        let forced = try cutover.applying(
            .completeCutover(Self.id, at: cutover.epoch, keepSourceWarm: false, branch: branch),
            by: "ada",
            at: Self.time
        )
        let again = RouteChange.start(Self.other, source: "b", target: "a", reverses: nil)
        #expect(throws: CutoverError.self) { try forced.applying(again, by: "ada", at: Self.time) }
        let cleared = try forced.applying(.clearBranch, by: "ada", at: Self.time)
        #expect(throws: Never.self) { try cleared.applying(again, by: "ada", at: Self.time) }
    }

    @Test("states are read by other tools' names too, and never written so")
    func aliases() {
        #expect(MigrationState(parsing: "completed") == .migrated)
        #expect(MigrationState(parsing: "aborted") == .rolledBack)
        #expect(MigrationState(parsing: "trigger_cutover") == .cutover)
        #expect(MigrationState(parsing: "unheard") == nil)
        #expect(
            MigrationState.allCases.map(\.rawValue)
                == ["pending", "bulk_copy", "dual_write", "cutover", "paused", "migrated", "failed", "rolled_back"]
        )
    }
}
