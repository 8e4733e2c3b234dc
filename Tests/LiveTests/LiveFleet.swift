import CutoverMongoServer
import Foundation
import MigrationCore
import MongoAdapter
import SQLiteAdapter

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
