import InMemoryAdapter

@testable import MigrationCore

/// Several processes of one application, in one test: each with its own view of the routes, all over the same stores.
struct Fleet {
    /// One process.
    struct Process: Sendable {
        let control: ControlStore
        let router: TenantRouter
        let coordinator: MigrationCoordinator
    }

    static let tenant: TenantID = "acme"

    let documents = InMemoryDocumentStore(id: "control")
    let first: InMemoryEventStore
    let second: InMemoryEventStore
    let stores: [any FencedEventStore]

    init(wrapping wrap: (InMemoryEventStore) -> any FencedEventStore = { $0 }) {
        first = InMemoryEventStore(id: "first")
        second = InMemoryEventStore(id: "second")
        stores = [wrap(first), wrap(second)]
    }

    func makeProcess(
        _ configuration: MigrationCoordinator.Configuration = .quick,
        router: TenantRouter.Configuration = TenantRouter.Configuration(
            maximumRouteAge: .milliseconds(50),
            maximumParkTime: .seconds(90)
        ),
        clock: any Clock<Duration> = ContinuousClock(),
        patience: EvidencePatience = EvidencePatience()
    ) throws -> Process {
        let control = ControlStore(documents, clock: clock, patience: patience)
        let registry = try StoreRegistry(stores)
        return Process(
            control: control,
            router: try TenantRouter(control: control, stores: registry, home: "first", configuration: router),
            coordinator: try MigrationCoordinator(control: control, stores: registry, configuration: configuration)
        )
    }
}

extension MigrationCoordinator.Configuration {
    /// Short waits, so that tests are over soon; long bounds, so that a loaded machine does not break them.
    static var quick: Self {
        Self(
            cutoverTimeout: .seconds(5),
            adoptionInterval: .milliseconds(20),
            leaseDuration: .milliseconds(500),
            routePollInterval: .milliseconds(10)
        )
    }
}

/// What writers did: every event that was acknowledged, and what their calls felt like.
final class WriterLog: Sendable {
    struct State {
        var acknowledged: [EventID: Int64] = [:]
        var errors: [StoreError] = []
    }

    private let state = Locked(State())

    func acknowledge(_ id: EventID, at position: Int64) { state.withLock { $0.acknowledged[id] = position } }
    func fail(_ error: StoreError) { state.withLock { $0.errors.append(error) } }
    var acknowledged: [EventID: Int64] { state.withLock { $0.acknowledged } }
    var errors: [StoreError] { state.withLock { $0.errors } }
    var count: Int { state.withLock { $0.acknowledged.count } }
}

/// Appends events one after the other until it is cancelled, and reads each one back.
func write(through store: any EventStore, as name: Int, to log: WriterLog, tenant: TenantID = Fleet.tenant) async {
    let stream = StreamID(stringLiteral: "stream-\(name)")
    var number = 0
    while !Task.isCancelled {
        number += 1
        let event = NewEvent(
            type: "Counted",
            occurredAt: WallTime(millisecondsSinceEpoch: 0),
            payload: ["n": .int32(Int32(number))]
        )
        do throws(StoreError) {
            let result = try await store.append(
                [event],
                to: stream,
                expected: .exact(Int64(number) - 1),
                tenant: tenant
            )
            log.acknowledge(event.id, at: result.positions.lowerBound)
            let version = try await store.streamVersion(stream, tenant: tenant)
            if version < Int64(number) {
                log.fail(
                    StoreError(.internalInconsistency, "A writer does not read its own write: \(version) of \(number).")
                )
            }
        } catch {
            guard error.code != .cancelled else { return }
            log.fail(error)
            number -= 1
        }
        await Task.yield()
    }
}

/// The whole log of a tenant in one store, read past every fence.
func wholeLog(of tenant: TenantID = Fleet.tenant, in store: any FencedEventStore) async throws -> [StoredEvent] {
    var events: [StoredEvent] = []
    while true {
        let page = try await store.readLog(
            tenant: tenant,
            after: events.last?.position ?? 0,
            limit: 1_000,
            epoch: .maintenance
        )
        if page.isEmpty { return events }
        events += page
    }
}
