import CutoverMongoServer
import Foundation
import MigrationCore
import MongoAdapter
import SQLiteAdapter
import Testing

/// Processes of one application over real stores: a SQLite file, two databases of a replica set, and the control plane in MongoDB.
final class LiveFleet: Sendable {
    struct Process: Sendable {
        let connection: MongoConnection
        let router: TenantRouter
        let coordinator: MigrationCoordinator
    }

    let server: MongodServer
    let sqlite: SQLiteEventStore
    private let folder: URL
    private let names: [String]

    /// The stores of the fleet, the first being the home of new tenants.
    static let stores: [StoreID] = ["sqlite", "mongo-a", "mongo-b"]

    init(on server: MongodServer) async throws {
        self.server = server
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("cutover-live-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        sqlite = try await SQLiteEventStore.open("sqlite", at: folder.appendingPathComponent("live.sqlite").path)
        names = (0..<3).map { _ in MongodServer.databaseName() }
    }

    /// A process with connections of its own.
    func makeProcess(
        _ configuration: MongoConnection.Configuration = .patient
    ) async throws -> Process {
        let connection = try await MongoConnection.open(server.uri(), configuration: configuration)
        let registry = try StoreRegistry([
            sqlite, try await MongoEventStore.open("mongo-a", on: connection, database: names[0]),
            try await MongoEventStore.open("mongo-b", on: connection, database: names[1]),
        ])
        let control = ControlStore(
            try await MongoDocumentStore.open("control", on: connection, database: names[2])
        )
        return Process(
            connection: connection,
            router: try TenantRouter(
                control: control,
                stores: registry,
                home: "sqlite",
                configuration: TenantRouter.Configuration(
                    maximumRouteAge: .milliseconds(200),
                    maximumParkTime: .seconds(90)
                )
            ),
            coordinator: try MigrationCoordinator(
                control: control,
                stores: registry,
                configuration: MigrationCoordinator.Configuration(
                    cutoverTimeout: .seconds(15),
                    adoptionInterval: .milliseconds(100),
                    leaseDuration: .seconds(2),
                    routePollInterval: .milliseconds(50)
                )
            )
        )
    }

    /// The store under a name, to look at from outside.
    func store(_ id: StoreID, on connection: MongoConnection) async throws -> any FencedEventStore {
        switch id {
        case "mongo-a": try await MongoEventStore.open(id, on: connection, database: names[0])
        case "mongo-b": try await MongoEventStore.open(id, on: connection, database: names[1])
        default: sqlite
        }
    }

    func close() async {
        await sqlite.close()
        try? FileManager.default.removeItem(at: folder)
    }
}

extension MongoConnection.Configuration {
    /// For a machine that is busy with all other tests.
    static var patient: Self {
        var configuration = Self()
        configuration.socketTimeout = .seconds(120)
        configuration.serverSelectionTimeout = .seconds(120)
        return configuration
    }
}

/// What writers did: each event that was acknowledged with its position, and the errors that they saw.
final class WriterLog: Sendable {
    private let state = Locked((acknowledged: [EventID: Int64](), errors: [StoreError]()))

    func acknowledge(_ id: EventID, at position: Int64) { state.withLock { $0.acknowledged[id] = position } }
    func fail(_ error: StoreError) { state.withLock { $0.errors.append(error) } }
    var acknowledged: [EventID: Int64] { state.withLock { $0.acknowledged } }
    var errors: [StoreError] { state.withLock { $0.errors } }
    var count: Int { state.withLock { $0.acknowledged.count } }

    /// Waits until this many more events were acknowledged.
    func more(_ count: Int) async throws {
        let goal = self.count + count
        while self.count < goal { try await Task.sleep(for: .milliseconds(2)) }
    }
}

/// Appends events to one stream until it is cancelled. An append whose end is open is repeated with the same event.
func write(through store: any EventStore, as name: Int, tenant: TenantID, to log: WriterLog) async {
    let stream = StreamID(stringLiteral: "stream-\(name)")
    var number: Int32 = 0
    while !Task.isCancelled {
        number += 1
        let event = NewEvent(
            type: "Counted",
            occurredAt: .now(),
            payload: ["writer": .int32(Int32(name)), "n": .int32(number)]
        )
        while !Task.isCancelled {
            do throws(StoreError) {
                let result = try await store.append([event], to: stream, tenant: tenant)
                log.acknowledge(event.id, at: result.positions.lowerBound)
                break
            } catch {
                guard error.code != .cancelled else { return }
                log.fail(error)
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}

/// Proves a log: positions without gaps, no event twice, the chain whole, and every acknowledged event at its position.
func prove(_ log: WriterLog, of tenant: TenantID, in store: any FencedEventStore) async throws {
    var events: [StoredEvent] = []
    while true {
        let page = try await store.readLog(
            tenant: tenant,
            after: Int64(events.count),
            limit: 1_000,
            epoch: .maintenance
        )
        if page.isEmpty { break }
        events += page
    }
    #expect(events.map(\.position) == Array(1...Int64(max(1, events.count))))
    #expect(Set(events.map(\.id)).count == events.count)
    let positions = Dictionary(uniqueKeysWithValues: events.map { ($0.id, $0.position) })
    for (id, position) in log.acknowledged { #expect(positions[id] == position) }
    var digest = LogDigest.empty
    for event in events {
        digest = event.chainedDigest(after: digest)
        #expect(event.digest == digest)
    }
}
