import CutoverMongoServer
import MigrationCore
import MongoAdapter
import Testing

@Suite("Live moves over MongoDB", .timeLimit(.minutes(5)), .serialized, .needsMongod, .mongod)
struct MongoMoveTests {
    private let tenant: TenantID = "acme"

    /// Runs writers and coordinators in two processes, and gives the body the first.
    private func underLoad(
        _ fleet: LiveFleet,
        log: WriterLog,
        _ body: @escaping @Sendable (LiveFleet.Process) async throws -> Void
    ) async throws {
        let processes = [try await fleet.makeProcess(), try await fleet.makeProcess()]
        let tenant = tenant
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<6 {
                let router = processes[writer % 2].router
                group.addTask { await write(through: router, as: writer, tenant: tenant, to: log) }
            }
            for process in processes { group.addTask { try? await process.coordinator.run() } }
            try await log.more(60)
            try await body(processes[0])
            group.cancelAll()
        }
        for process in processes { await process.connection.close() }
    }

    private func move(to target: StoreID, with coordinator: MigrationCoordinator) async throws {
        let id = try await coordinator.start(tenant: tenant, to: target)
        try await coordinator.waitUntil(.dualWrite, of: id)
        try await coordinator.cutOver(id)
        #expect(try await coordinator.migration(id)?.state == .migrated)
    }

    @Test("a tenant moves from SQLite to MongoDB, on to another database, and back to SQLite, while six writers append")
    func roundTrip() async throws {
        let fleet = try await LiveFleet(on: try #require(MongodServer.shared))
        let log = WriterLog()
        try await underLoad(fleet, log: log) { process in
            for target in ["mongo-a", "mongo-b", "sqlite"] as [StoreID] {
                try await move(to: target, with: process.coordinator)
                try await log.more(60)
            }
        }
        #expect(log.errors.isEmpty)
        let connection = try await MongoConnection.open(fleet.server.uri())
        try await prove(log, of: tenant, in: try await fleet.store("sqlite", on: connection))
        await connection.close()
        await fleet.close()
    }

    @Test(
        "a server that is killed in the middle of a copy or a cutover, and started again, loses nothing that was acknowledged",
        arguments: [MigrationState.bulkCopy, .cutover]
    )
    func killedServer(during state: MigrationState) async throws {
        let server = try await MongodServer.start()
        let fleet = try await LiveFleet(on: server)
        let log = WriterLog()
        let places = Locked<[StoreID]>([])
        try await underLoad(fleet, log: log) { process in
            try await addHistory(through: process.router)
            let isRestarted = Locked(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await waitForMove(in: state, seenBy: process.coordinator)
                    try await server.restart()
                    isRestarted.withLock { $0 = true }
                }
                // A cutover may be over before it is seen; then the next one is met.
                for target in Self.targets {
                    try await persistently { try await move(to: target, with: process.coordinator) }
                    places.withLock { $0.append(target) }
                    if places.withLock({ $0.count >= 2 }), isRestarted.withLock({ $0 }) { break }
                }
                try await group.waitForAll()
            }
            try await log.more(60)
        }
        let connection = try await MongoConnection.open(server.uri())
        let last = try #require(places.withLock { $0.last })
        try await prove(log, of: tenant, in: try await fleet.store(last, on: connection))
        await connection.close()
        await fleet.close()
        server.removeData()
    }

    /// Where a tenant goes that moves back and forth.
    private static let targets = (0..<40).map { $0 % 2 == 0 ? "mongo-a" : "mongo-b" as StoreID }

    /// Enough events that a copy takes longer than it takes to see that it is under way.
    private func addHistory(through router: TenantRouter) async throws {
        for part in 0..<10 {
            let events = (0..<500).map {
                NewEvent(type: "Past", occurredAt: .now(), payload: ["n": .int32(Int32(part * 500 + $0))])
            }
            _ = try await router.append(events, to: "history", tenant: tenant)
        }
    }

    /// Waits until a move is in a state.
    private func waitForMove(in state: MigrationState, seenBy coordinator: MigrationCoordinator) async throws {
        while try await !coordinator.migrations(for: tenant).contains(where: { $0.state == state }) {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test("a server that stands still for longer than the timeouts costs time, and no acknowledged event")
    func pausedServer() async throws {
        let server = try await MongodServer.start()
        var configuration = MongoConnection.Configuration()
        configuration.socketTimeout = .seconds(1)
        configuration.serverSelectionTimeout = .seconds(1)
        let connection = try await MongoConnection.open(server.uri(), configuration: configuration)
        let store = try await MongoEventStore.open("mongo", on: connection, database: "paused")
        try await store.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: .open))
        let log = WriterLog()
        let tenant = tenant
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask { await write(through: store.unrouted(), as: writer, tenant: tenant, to: log) }
            }
            try await log.more(40)
            server.pause()
            try await Task.sleep(for: .seconds(3))
            server.resume()
            try await log.more(40)
            group.cancelAll()
        }
        #expect(!log.errors.isEmpty)
        try await prove(log, of: tenant, in: store)
        await connection.close()
        server.removeData()
    }

    /// Repeats a step that a lost server may end, for a minute at most.
    private func persistently(_ step: () async throws -> Void) async throws {
        let start = ContinuousClock.now
        while true {
            do {
                return try await step()
            } catch  where start.duration(to: .now) < .seconds(60) {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
