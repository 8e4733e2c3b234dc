import BlobAdapter
import CutoverAzureServer
import Foundation
import MigrationCore
import SQLiteAdapter
import TableAdapter

/// Processes of one application over a SQLite file and a storage account, with the control plane in another SQLite file.
final class AzureFleet: Sendable {
    struct Process: Sendable {
        let sqlite: SQLiteEventStore
        let blobs: BlobEventStore
        let control: SQLiteDocumentStore
        let router: TenantRouter
        let coordinator: MigrationCoordinator

        func close() async {
            await blobs.close()
            await sqlite.close()
            await control.close()
        }
    }

    /// A server of its own, so that what it counts is the fleet's.
    private let server: AzureServer
    private let folder: URL
    /// The container of the fleet, and what the names of its tables begin with.
    let name = AzureServer.freshName()

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

    func tableConfiguration() throws -> TableConfiguration {
        var configuration = try TableConfiguration(connectionString: server.storage)
        configuration.tablePrefix = name
        return configuration
    }

    /// A process with connections of its own. New tenants are at home in SQLite.
    func makeProcess() async throws -> Process {
        let sqlite = try await SQLiteEventStore.open("sqlite", at: path("events.sqlite"))
        let blobs = try await BlobEventStore.connect(id: "blobs", try blobConfiguration())
        let control = try await SQLiteDocumentStore.open("control", at: path("control.sqlite"))
        let registry = try StoreRegistry([sqlite, blobs])
        let router = try TenantRouter(
            control: ControlStore(control),
            stores: registry,
            home: "sqlite",
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
        return Process(sqlite: sqlite, blobs: blobs, control: control, router: router, coordinator: coordinator)
    }
}
