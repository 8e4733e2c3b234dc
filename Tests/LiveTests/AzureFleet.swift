import BlobAdapter
import CosmosAdapter
import CutoverAzureServer
import CutoverMongoServer
import Foundation
import MigrationCore
import MongoAdapter
import SQLiteAdapter
import TableAdapter

/// Processes of one application over a SQLite file, a replica set and Azure accounts, with the control plane in another SQLite file.
final class AzureFleet: Sendable {
    /// Where a tenant can be.
    enum Place: Sendable {
        case sqlite, blobs, cosmos
        case mongo(MongodServer)
    }

    struct Process: Sendable {
        let stores: [any FencedEventStore]
        let control: SQLiteDocumentStore
        let router: TenantRouter
        let coordinator: MigrationCoordinator
        let connection: MongoConnection?

        /// The store under a name that the fleet knows.
        func store(_ id: StoreID) -> any FencedEventStore { stores[stores.firstIndex { $0.id == id } ?? 0] }

        func close() async {
            for store in stores { await store.close() }
            await control.close()
            await connection?.close()
        }
    }

    /// A server of its own, so that what it counts is the fleet's.
    private let server: AzureServer
    private let folder: URL
    /// The container of the fleet, its database in Cosmos DB, and what the names of its tables begin with.
    let name = AzureServer.freshName()
    private let mongoDatabase = MongodServer.databaseName()

    init() throws {
        server = try AzureServer.start()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("cutover-azure-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// From now on every tenth request to what belongs to the fleet is refused for a moment, and every tenth reply is lost.
    func disturb(_ service: String = "blob") async throws {
        let effects: [AzureServer.Effect] = [.busy, .replyLost, .throttled(milliseconds: 5), .replyLost]
        try await server.add(
            effects.enumerated().map { index, effect in
                var fault = AzureServer.Fault(service, path: "*/\(name)*", effect)
                fault.skip = index * 5
                fault.every = 20
                return fault
            }
        )
    }

    /// Whether each of the faults has met a request.
    func wasDisturbed() async throws -> Bool {
        let met = try await server.faultsMet()
        return met.count == 4 && met.allSatisfy { $0 > 0 }
    }

    func path(_ file: String) -> String { folder.appendingPathComponent(file).path }

    func blobConfiguration() throws -> BlobConfiguration {
        var configuration = try BlobConfiguration(connectionString: server.storage, container: name)
        configuration.createsContainer = true
        return configuration
    }

    /// - Parameter suffix: tells a second database of the fleet from its first.
    func cosmosConfiguration(_ suffix: String = "") throws -> CosmosConfiguration {
        var configuration = try CosmosConfiguration(connectionString: server.cosmos, database: name + suffix)
        configuration.createsDatabase = true
        return configuration
    }

    /// Makes the account keep fences for several processes.
    func makeCosmosStrong() async throws { try await server.set(["consistency": "Strong"]) }

    /// Splits the first range of a container of the fleet's database.
    func split(_ container: String) async throws { try await server.split("0", database: name, container: container) }

    func tableConfiguration() throws -> TableConfiguration {
        var configuration = try TableConfiguration(connectionString: server.storage)
        configuration.tablePrefix = name
        return configuration
    }

    /// A process with connections of its own. New tenants are at home in the first place.
    func makeProcess(_ places: [Place]) async throws -> Process {
        var stores: [any FencedEventStore] = []
        var connection: MongoConnection?
        for place in places {
            switch place {
            case .sqlite: stores.append(try await SQLiteEventStore.open("sqlite", at: path("events.sqlite")))
            case .blobs: stores.append(try await BlobEventStore.connect(id: "blobs", try blobConfiguration()))
            case .cosmos: stores.append(try await CosmosEventStore.connect(id: "cosmos", try cosmosConfiguration()))
            case .mongo(let mongod):
                let opened = try await MongoConnection.open(mongod.uri(), configuration: .patient)
                stores.append(try await MongoEventStore.open("mongo", on: opened, database: mongoDatabase))
                connection = opened
            }
        }
        let control = try await SQLiteDocumentStore.open("control", at: path("control.sqlite"))
        let registry = try StoreRegistry(stores)
        let router = try TenantRouter(
            control: ControlStore(control),
            stores: registry,
            home: stores[0].id,
            configuration: TenantRouter.Configuration(
                maximumRouteAge: .milliseconds(200),
                maximumParkTime: .seconds(90)
            )
        )
        let coordinator = try MigrationCoordinator(
            control: ControlStore(control),
            stores: registry,
            configuration: MigrationCoordinator.Configuration(
                cutoverTimeout: .seconds(15),
                adoptionInterval: .milliseconds(100),
                leaseDuration: .seconds(2),
                routePollInterval: .milliseconds(50)
            )
        )
        return Process(
            stores: stores,
            control: control,
            router: router,
            coordinator: coordinator,
            connection: connection
        )
    }
}
