import InMemoryAdapter
import Testing

@testable import MigrationCore

@Suite("Lessons: routes and leases", .timeLimit(.minutes(5)))
struct RoutesTests {
    private static let id = MigrationID(from: RandomSource { 1 })

    private static func routes() throws -> (old: Route, new: Route) {
        let old = Route(tenant: Lesson.tenant, id: RouteID(high: 1, low: 2), active: "first")
        let new = try old.applying(
            .start(id, source: "first", target: "second", reverses: nil),
            by: "ada",
            at: WallTime(millisecondsSinceEpoch: 0)
        )
        return (old, new)
    }

    @Test("W7: a read that was answered late never puts an older route over a newer one")
    func lateRead() throws {
        let (old, new) = try Self.routes()
        let cache = RouteCache()
        cache.store(old, readAt: .seconds(1))
        cache.store(new, readAt: .seconds(2))
        cache.store(old, readAt: .seconds(3))
        #expect(cache.snapshot(of: Lesson.tenant)?.route == new)
        #expect(cache.snapshot(of: Lesson.tenant)?.readAt == .seconds(2))
    }

    @Test("a route that is read again is as young as its newest read")
    func sameRoute() throws {
        let (old, _) = try Self.routes()
        let cache = RouteCache()
        cache.store(old, readAt: .seconds(5))
        cache.store(old, readAt: .seconds(3))
        #expect(cache.snapshot(of: Lesson.tenant)?.readAt == .seconds(5))
        cache.store(old, readAt: .seconds(7))
        #expect(cache.snapshot(of: Lesson.tenant)?.readAt == .seconds(7))
        #expect(cache.snapshot(of: Lesson.tenant)?.firstSeen == .seconds(5))
    }

    @Test("W6: a call relies on no route that is older than the router's limit")
    func age() async throws {
        let documents = InMemoryDocumentStore(id: "control")
        let clock = TestClock()
        let control = ControlStore(documents, clock: clock)
        let store = InMemoryEventStore(id: "first")
        let router = try TenantRouter(
            control: control,
            stores: StoreRegistry([store, InMemoryEventStore(id: "second")]),
            home: "first",
            configuration: TenantRouter.Configuration(maximumRouteAge: .seconds(1))
        )
        _ = try await router.append([Lesson.event()], to: "s", tenant: Lesson.tenant)
        // Another process begins a migration; this one hears of it once its own knowledge is too old.
        let other = ControlStore(documents, clock: clock)
        let author = ChangeAuthor(name: "ada", reason: nil, now: { .now() })
        let route = try await other.change(Lesson.tenant, by: author, against: nil) { _ in
            .start(Self.id, source: "first", target: "second", reverses: nil)
        }
        clock.advance(by: .milliseconds(500))
        _ = try await router.streamVersion("s", tenant: Lesson.tenant)
        #expect(control.cache.snapshot(of: Lesson.tenant)?.route.number == route.value.number - 1)
        clock.advance(by: .milliseconds(501))
        _ = try await router.streamVersion("s", tenant: Lesson.tenant)
        #expect(control.cache.snapshot(of: Lesson.tenant)?.route.number == route.value.number)
    }

    @Test("W7d: a second migration starts from the store that is active now, and no other can be named")
    func secondMigration() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(2, through: process.router)
        let id = try await lesson.follow(with: process)
        try await process.coordinator.cutOver(id)
        let onlyThere = try await lesson.append(1, through: process.router)
        let error = await #expect(throws: CutoverError.self) {
            try await process.coordinator.start(tenant: Lesson.tenant, to: "second", from: "first")
        }
        // Refused for its source, or already because the target is ahead of that source.
        #expect(error?.code == .state || error?.code == .inconsistent)
        #expect(try await process.coordinator.route(of: Lesson.tenant)?.move == nil)
        let back = try await process.coordinator.start(tenant: Lesson.tenant, to: "first")
        try await lesson.run(process) { try await process.coordinator.waitUntil(.dualWrite, of: back) }
        try await process.coordinator.cutOver(back)
        #expect(lesson.ids(in: lesson.source).last == onlyThere.first?.id)
    }

    @Test("W21: of two processes that change one route, the second decides again over what the first one wrote")
    func twoChanges() async throws {
        let documents = InMemoryDocumentStore(id: "control")
        let (here, there) = (ControlStore(documents), ControlStore(documents))
        _ = try await here.insert(try Self.routes().old)
        let stale = try #require(try await there.route(of: Lesson.tenant))
        let author = ChangeAuthor(name: "ada", reason: nil, now: { .now() })
        let first = try await here.change(Lesson.tenant, by: author, against: nil) { _ in
            .start(Self.id, source: "first", target: "second", reverses: nil)
        }
        let foreign = try stale.value.applying(.dropWarmCopy, by: "bob", at: .now())
        #expect(try await there.replace(stale, with: foreign) == nil)
        #expect(try await there.insert(foreign) == nil)
        #expect(try await there.route(of: Lesson.tenant)?.value == first.value)
        let error = await #expect(throws: CutoverError.self) {
            _ = try await there.change(Lesson.tenant, by: author, against: nil) { route in
                .start(MigrationID(from: .system), source: route.active, target: "second", reverses: nil)
            }
        }
        #expect(error?.code == .state)
    }

    @Test("W21: a lease's number grows with each holder, and its time is counted by who waits for it")
    func leases() async throws {
        let clock = TestClock()
        let control = ControlStore(InMemoryDocumentStore(id: "control"), clock: clock)
        func keeper(_ name: String) -> LeaseKeeper {
            LeaseKeeper(control, holder: name, duration: .seconds(10), timeline: control.timeline)
        }
        let (ada, bob) = (keeper("ada"), keeper("bob"))
        #expect(try await ada.acquire("work")?.number == 1)
        #expect(try await bob.acquire("work") == nil)
        clock.advance(by: .seconds(9))
        #expect(try await ada.acquire("work")?.number == 1)
        clock.advance(by: .seconds(9))
        #expect(try await bob.acquire("work") == nil)
        clock.advance(by: .seconds(10))
        #expect(try await bob.acquire("work")?.number == 2)
        #expect(try await ada.acquire("work") == nil)
        try await bob.release("work")
        #expect(try await ada.acquire("work")?.number == 3)
    }

    @Test("a tenant that was in use without a router gets a route to where it is, not to its home")
    func grownTenant() async throws {
        let lesson = try Lesson()
        try lesson.target.base.seed([Lesson.event()], to: "s", tenant: Lesson.tenant)
        let process = try lesson.makeProcess()
        try await lesson.append(1, through: process.router)
        #expect(lesson.ids(in: lesson.target).count == 2)
        #expect(lesson.ids(in: lesson.source).isEmpty)
    }

    @Test("a control store that cannot say whether it wrote is asked until it can")
    func unknownWrite() async throws {
        let documents = HookedDocumentStore(InMemoryDocumentStore(id: "control"))
        let control = ControlStore(documents)
        _ = try await control.insert(try Self.routes().old)
        documents.loseNextWrite()
        let author = ChangeAuthor(name: "ada", reason: nil, now: { .now() })
        let changed = try await control.change(Lesson.tenant, by: author, against: nil) { _ in
            .start(Self.id, source: "first", target: "second", reverses: nil)
        }
        #expect(try await ControlStore(documents).route(of: Lesson.tenant)?.value == changed.value)
    }

    @Test(
        "a route that another process has created and that does not show yet is waited for",
        arguments: [true, false]
    )
    func routeThatDoesNotShow(isStorePrepared: Bool) async throws {
        let documents = HookedDocumentStore(InMemoryDocumentStore(id: "control"))
        let stores = try StoreRegistry([InMemoryEventStore(id: "first")])
        let (here, there) = (ControlStore(documents), ControlStore(documents))
        if isStorePrepared {
            let first = try TenantRouter(control: here, stores: stores, home: "first")
            try await Lesson().append(1, through: first)
        } else {
            _ = try await here.insert(try Self.routes().old)
        }
        documents.hide(fromReads: 4)
        let second = try TenantRouter(control: there, stores: stores, home: "first")
        try await Lesson().append(1, through: second)
        #expect(try await there.route(of: Lesson.tenant)?.value == here.route(of: Lesson.tenant)?.value)
    }

    @Test("a route that never shows is an error that is worth another attempt")
    func routeThatNeverShows() async throws {
        let documents = HookedDocumentStore(InMemoryDocumentStore(id: "control"))
        let stores = try StoreRegistry([InMemoryEventStore(id: "first")])
        _ = try await ControlStore(documents).insert(try Self.routes().old)
        documents.hide(fromReads: 100)
        let router = try TenantRouter(control: ControlStore(documents), stores: stores, home: "first")
        let error = await #expect(throws: StoreError.self) { try await Lesson().append(1, through: router) }
        #expect(error?.code == .unavailable)
        #expect(error?.code.isRetryable == true)
    }
}
