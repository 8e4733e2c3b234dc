internal import InMemoryAdapter
internal import MigrationCore

/// What a router adds to calls while nothing moves.
enum RouterSpeed {
    static let benchmark = Benchmark(
        measures: ["router-append-added", "router-read-added", "router-share-of-sqlite-append"]
    ) { environment in
        let count = 20_000
        let append = try await memory(environment, count) { store, number in
            _ = try await store.append([event(number)], to: "s", tenant: EventFixture.tenant)
        }
        let read = try await memory(environment, count) { store, _ in
            _ = try await store.streamVersion("s", tenant: EventFixture.tenant)
        }
        let folder = try environment.folder("router")
        let fixture = try await MoveFixture.open(folder, history: 0)
        let bare = fixture.second.unrouted()
        let share = try await Alternation(rounds: environment.rounds) {
            try await seconds(fixture.router, "routed", 200)
        } reference: {
            try await seconds(bare, "bare", 200)
        }
        await fixture.close()
        return [
            Measure(name: "router-append-added", value: append, unit: "microseconds", bar: .atMost(1)),
            Measure(name: "router-read-added", value: read, unit: "microseconds", bar: .atMost(1)),
            Measure(
                name: "router-share-of-sqlite-append",
                value: share.seconds * 1e6,
                unit: "microseconds",
                comparison: (share.slowdown, "a SQLite append without a router")
            ),
        ]
    }

    private static func event(_ number: Int) -> NewEvent {
        NewEvent(
            type: "Counted",
            occurredAt: WallTime(millisecondsSinceEpoch: 0),
            recordedAt: WallTime(millisecondsSinceEpoch: 0),
            payload: ["n": .int64(Int64(number))]
        )
    }

    private static func seconds(_ store: any EventStore, _ tenant: TenantID, _ count: Int) async throws -> Double {
        try await Stopwatch.seconds {
            for number in 0..<count {
                _ = try await store.append([event(number)], to: "s", tenant: tenant)
            }
        } / Double(count)
    }

    /// The microseconds that a router adds to a call of an in-memory store: the median over the rounds.
    private static func memory(
        _ environment: Environment,
        _ count: Int,
        _ call: @Sendable (any EventStore, Int) async throws -> Void
    ) async throws -> Double {
        var added: [Double] = []
        for _ in 0..<environment.rounds * 3 {
            let bare = InMemoryEventStore(id: "bare")
            try await bare.prepare(tenant: EventFixture.tenant, fence: Fence(epoch: .unrouted, role: .open))
            let control = ControlStore(InMemoryDocumentStore(id: "control"))
            try await control.prepare()
            let routed = try TenantRouter(
                control: control,
                stores: StoreRegistry([InMemoryEventStore(id: "home")]),
                home: "home",
                configuration: .init(maximumRouteAge: .seconds(60))
            )
            let unrouted = bare.unrouted()
            try await call(routed, 0)
            try await call(unrouted, 0)
            let reference = try await Stopwatch.seconds { for number in 1...count { try await call(unrouted, number) } }
            let ours = try await Stopwatch.seconds { for number in 1...count { try await call(routed, number) } }
            added.append((ours - reference) / Double(count) * 1e6)
        }
        return added.median
    }
}
