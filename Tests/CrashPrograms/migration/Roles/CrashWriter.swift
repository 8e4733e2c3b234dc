import MigrationCore
import MigrationTesting

/// A process of the application: appends for every tenant, reads its own writes back, and reports what was acknowledged.
struct CrashWriter: Sendable {
    let name: String
    let world: CrashWorld
    let store: DualWriteInterceptor
    private let router: TenantRouter
    private let seed: UInt64

    init(name: String, seed: UInt64, world: CrashWorld) throws(StoreError) {
        self.name = name
        self.world = world
        self.seed = seed
        var random = SeededRandom(seed: seed)
        router = try TenantRouter(
            control: world.control,
            stores: world.stores,
            home: CrashPlace.home,
            configuration: TenantRouter.Configuration(
                maximumRouteAge: .milliseconds(random.pick([0, 50, 1_000])),
                maximumParkTime: .seconds(5)
            )
        )
        let modes: [MirrorMode] = [.background, .inline(timeout: .milliseconds(20)), .tail]
        store = try DualWriteInterceptor(router, configuration: .init(mode: random.pick(modes)))
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await router.run() }
            group.addTask { try? await store.run() }
            for (index, tenant) in CrashWorld.tenants.enumerated() {
                group.addTask { await write(to: tenant, random: SeededRandom(seed: seed &+ UInt64(index) &+ 1)) }
            }
        }
    }

    /// Appends to this writer's stream of one tenant, for ever.
    private func write(to tenant: TenantID, random: SeededRandom) async {
        var random = random
        let stream = StreamID(stringLiteral: name)
        var version = await persisting("version") { () async throws(StoreError) in
            try await store.streamVersion(stream, tenant: tenant)
        }
        Report.say("S \(tenant.text) \(name) \(version)")
        while true {
            let events = (0...random.below(3)).map { index in
                NewEvent(
                    type: "Written",
                    occurredAt: WallTime(millisecondsSinceEpoch: 0),
                    payload: ["version": .int64(version + Int64(index) + 1)]
                )
            }
            let ids = events.map(\.id.description).joined(separator: ",")
            Report.say("T \(tenant.text) \(ids)")
            let expected = ExpectedVersion.exact(version)
            // The same events again until they are in: an attempt without an answer may have been applied.
            let result = await persisting("append") { () async throws(StoreError) in
                try await store.append(events, to: stream, expected: expected, tenant: tenant)
            }
            Report.say("A \(tenant.text) \(name) \(result.positions.lowerBound) \(version + 1) \(ids)")
            version += Int64(events.count)
            await readBack(events[events.count - 1], at: version, result.positions.upperBound, in: stream, of: tenant)
            try? await Task.sleep(for: .microseconds(500 + random.below(6_000)))
        }
    }

    private func readBack(
        _ event: NewEvent,
        at version: Int64,
        _ position: Int64,
        in stream: StreamID,
        of tenant: TenantID
    ) async {
        let last = await persisting("read") { () async throws(StoreError) in
            try await store.readStream(stream, tenant: tenant, from: .last, limit: 1)
        }.first
        guard let last, last.id == event.id, last.version == version, last.position == position else {
            Report.say(
                "V \(name) reads version \(last?.version ?? 0) of \(tenant.text), and was acknowledged \(version)"
            )
            return
        }
    }

    /// Makes a call until it succeeds; each failure is reported, and whoever reads it judges the code.
    private func persisting<Result>(
        _ what: String,
        _ body: () async throws(StoreError) -> Result
    ) async -> Result {
        while true {
            do throws(StoreError) {
                return try await body()
            } catch {
                Report.say("E \(what) \(error.code)")
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
