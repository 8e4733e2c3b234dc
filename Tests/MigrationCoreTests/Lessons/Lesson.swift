import InMemoryAdapter
import Testing

@testable import MigrationCore

/// The set-up of a lesson: two stores with hooks, and processes that do only what the test tells them.
struct Lesson {
    let fleet: Fleet
    let source: HookedEventStore
    let target: HookedEventStore

    init() throws {
        fleet = Fleet { HookedEventStore($0) }
        source = try #require(fleet.stores[0] as? HookedEventStore)
        target = try #require(fleet.stores[1] as? HookedEventStore)
    }

    static let tenant = Fleet.tenant

    static func event(_ number: Int = 0) -> NewEvent {
        NewEvent(
            type: "Noted",
            occurredAt: WallTime(millisecondsSinceEpoch: 0),
            payload: ["n": .int32(Int32(number))]
        )
    }

    /// A process; its routes are trusted for an hour unless the test says otherwise, so that only fences correct them.
    func makeProcess(
        _ configuration: MigrationCoordinator.Configuration = .quick,
        maximumRouteAge: Duration = .seconds(3_600)
    ) throws -> Fleet.Process {
        try fleet.makeProcess(
            configuration,
            router: TenantRouter.Configuration(maximumRouteAge: maximumRouteAge, maximumParkTime: .seconds(60))
        )
    }

    /// Appends events one by one to the stream `s`.
    @discardableResult
    func append(_ count: Int, through store: any EventStore, to stream: StreamID = "s") async throws -> [NewEvent] {
        let events = (0..<count).map { Self.event($0) }
        for event in events { _ = try await store.append([event], to: stream, tenant: Self.tenant) }
        return events
    }

    /// Starts a migration and lets a coordinator work on it until it follows; then nobody works on it any more.
    func follow(with process: Fleet.Process) async throws -> MigrationID {
        let id = try await process.coordinator.start(tenant: Self.tenant, to: "second", from: "first")
        try await run(process) { try await process.coordinator.waitUntil(.dualWrite, of: id) }
        return id
    }

    /// Runs a process's coordinator for as long as a body takes.
    @discardableResult
    func run<Result: Sendable>(
        _ process: Fleet.Process,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// The payload ids of a store's log, in order.
    func ids(in store: HookedEventStore) -> [EventID] { store.base.events(of: Self.tenant).map(\.id) }

    /// Whether the target holds exactly the beginning of the source's log.
    var targetIsPrefix: Bool {
        let copy = target.base.events(of: Self.tenant)
        return copy == Array(source.base.events(of: Self.tenant).prefix(copy.count))
    }
}

/// Where one task waits until another says so; it opens once, for everybody. Who is cancelled, or waits too long, goes on.
final class Latch: Sendable {
    private let isOpen = Locked(false)
    private let waiters = WaitList<Int>()

    func open() {
        isOpen.withLock { $0 = true }
        waiters.signal(0)
    }

    func wait() async {
        await waiters.withTicket(for: 0) { ticket in
            guard !isOpen.withLock({ $0 }) else { return }
            await waiters.wait(ticket, upTo: .seconds(60), on: Timeline(ContinuousClock()))
        }
    }
}

/// The error that an operation ends with; `nil` when it succeeds.
func failure(of body: @Sendable () async throws(CutoverError) -> Void) async -> CutoverError? {
    do throws(CutoverError) {
        try await body()
        return nil
    } catch {
        return error
    }
}

/// Waits until something holds; fails the test after a minute.
func eventually(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("it did not happen within a minute", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
