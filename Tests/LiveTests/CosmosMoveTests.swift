import CutoverAzureServer
import CutoverMongoServer
import MigrationCore
import Testing

@Suite("Live moves over Cosmos DB", .timeLimit(.minutes(5)), .serialized, .needsAzureEmulator, .needsMongod, .mongod)
struct CosmosMoveTests {
    private let tenant: TenantID = "acme"

    @Test(
        "a tenant moves from SQLite to Cosmos DB, on to MongoDB and back, while six writers append, undisturbed and disturbed",
        arguments: [false, true]
    )
    func roundTrip(isDisturbed: Bool) async throws {
        let fleet = try AzureFleet()
        try await fleet.makeCosmosStrong()
        let places: [AzureFleet.Place] = [.sqlite, .cosmos, .mongo(try #require(MongodServer.shared))]
        let processes = [try await fleet.makeProcess(places), try await fleet.makeProcess(places)]
        if isDisturbed { try await fleet.disturb("cosmos") }
        let (log, tenant) = (WriterLog(), tenant)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<6 {
                let router = processes[writer % 2].router
                group.addTask { await write(through: router, as: writer, tenant: tenant, to: log) }
            }
            for process in processes { group.addTask { try? await process.coordinator.run() } }
            try await log.more(40)
            let coordinator = processes[0].coordinator
            for (step, target) in (["cosmos", "mongo", "cosmos"] as [StoreID]).enumerated() {
                let id = try await coordinator.start(tenant: tenant, to: target)
                // The range of the tenant is split while the log is copied to it.
                if isDisturbed, step == 2 { try await fleet.split("cutover-events") }
                try await coordinator.waitUntil(.dualWrite, of: id)
                try await coordinator.cutOver(id)
                #expect(try await coordinator.migration(id)?.state == .migrated)
                try await log.more(40)
            }
            group.cancelAll()
        }
        #expect(log.errors.isEmpty)
        #expect(try await fleet.wasDisturbed() == isDisturbed)
        try await prove(log, of: tenant, in: processes[0].store("cosmos"))
        for process in processes { await process.close() }
    }
}
