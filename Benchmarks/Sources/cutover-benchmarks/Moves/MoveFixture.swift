internal import MigrationCore
internal import SQLiteAdapter

/// One process of an application with two stores and a control store, as a live move has them: SQLite files unless it is given others.
struct MoveFixture: Sendable {
    static let tenant = EventFixture.tenant

    let first: any FencedEventStore
    let second: any FencedEventStore
    let documents: any DocumentStore
    let control: ControlStore
    let router: TenantRouter
    let coordinator: MigrationCoordinator

    /// Opens the files of a folder; `history` events are there first.
    ///
    /// - Parameters:
    ///   - second: the store to move to, named `second`; a file of the folder if there is none.
    ///   - documents: where the control store is; likewise.
    static func open(
        _ folder: String,
        history: Int,
        ids: EventFixture.IDs = .ofTime,
        second: (any FencedEventStore)? = nil,
        control documents: (any DocumentStore)? = nil,
        configure: (inout MigrationCoordinator.Configuration) -> Void = { _ in }
    ) async throws -> MoveFixture {
        for name in ["first", "second", "control"] { Environment.removeDatabase("\(folder)/\(name).sqlite") }
        if history > 0 { try await EventFixture.makeLog("\(folder)/first.sqlite", count: history, ids: ids) }
        let first = try await SQLiteEventStore.open("first", at: "\(folder)/first.sqlite")
        let second: any FencedEventStore =
            if let second { second } else { try await SQLiteEventStore.open("second", at: "\(folder)/second.sqlite") }
        let documents: any DocumentStore =
            if let documents { documents } else {
                try await SQLiteDocumentStore.open("control", at: "\(folder)/control.sqlite")
            }
        let control = ControlStore(documents)
        try await control.prepare()
        var configuration = MigrationCoordinator.Configuration()
        configuration.adoptionInterval = .milliseconds(50)
        configuration.routePollInterval = .milliseconds(20)
        configure(&configuration)
        let stores = try StoreRegistry([first, second])
        return MoveFixture(
            first: first,
            second: second,
            documents: documents,
            control: control,
            router: try TenantRouter(control: control, stores: stores, home: "first"),
            coordinator: try MigrationCoordinator(control: control, stores: stores, configuration: configuration)
        )
    }

    func close() async {
        await first.close()
        await second.close()
        await documents.close()
    }

    /// Runs the coordinator and the router, and other work beside them, while the body does its part.
    func running(
        _ others: [@Sendable () async throws -> Void] = [],
        _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await coordinator.run() }
            group.addTask { try? await router.run() }
            for other in others { group.addTask { try await other() } }
            try await body()
            group.cancelAll()
            do { try await group.waitForAll() } catch {}
        }
    }

    /// Moves the tenant to the store where it is not, up to the state in which it can cut over.
    func follow() async throws -> MigrationID {
        let active = try await coordinator.route(of: Self.tenant)?.active ?? "first"
        let id = try await coordinator.start(
            tenant: Self.tenant,
            to: active == "first" ? "second" : "first",
            from: active
        )
        try await coordinator.waitUntil(.dualWrite, of: id)
        return id
    }
}

/// Calls of writers: when each one began and how long it took, in nanoseconds.
final class CallLog: Sendable {
    struct Call: Sendable {
        let start: ContinuousClock.Instant
        let end: ContinuousClock.Instant
        var seconds: Double { start.duration(to: end).inSeconds }
    }

    /// When the calls of one of many writers are due.
    struct Pace: Sendable {
        let interval: Duration
        /// When the first one is due: writers that all began at once would come as a crowd for ever.
        let offset: Duration
    }

    private let calls: LockedCalls

    init() { calls = LockedCalls() }

    func add(_ call: Call) { calls.add(call) }
    /// Takes what was noted so far.
    func take() -> [Call] { calls.take() }

    /// Appends one event after the other, each writer to a stream of its own, until it is cancelled.
    ///
    /// - Parameter pace: when the writer's calls are due; `nil` for each as soon as the one before has ended. A call that is due
    ///   before its predecessor has ended counts from when it was due: what it waits for is the store.
    func write(
        through store: any EventStore,
        writer: Int,
        tenant: TenantID = EventFixture.tenant,
        ids: EventFixture.IDs = .ofTime,
        pace: Pace? = nil
    ) async throws {
        var random = SeededRandom(seed: UInt64(writer) &+ .random(in: 0 ... .max / 2))
        let stream = StreamID(stringLiteral: "writer-\(writer)")
        var number = 0
        var isLate = false
        var due = ContinuousClock.now
        if let pace {
            due += pace.offset
            try await Task.sleep(until: due)
        }
        while !Task.isCancelled {
            number += 1
            let event = EventFixture.event(number, &random, ids: ids).event
            var start = ContinuousClock.now
            if pace != nil, isLate { start = due }
            do {
                _ = try await store.append([StreamAppend(stream, events: [event])], tenant: tenant)
            } catch {
                if Task.isCancelled { return }
                throw error
            }
            let end = ContinuousClock.now
            add(Call(start: start, end: end))
            guard let pace else { continue }
            due += pace.interval
            isLate = due < end
            if !isLate { try? await Task.sleep(until: due) }
        }
    }
}

extension [Double] {
    /// The element below which this part of all lies.
    func percentile(_ part: Double) -> Double {
        guard !isEmpty else { return .nan }
        let ordered = sorted()
        return ordered[Swift.min(ordered.count - 1, Int((Double(ordered.count) * part).rounded(.down)))]
    }
}
