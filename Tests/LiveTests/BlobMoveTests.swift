import CutoverAzureServer
import MigrationCore
import Testing

@Suite("Live moves over Blob Storage", .timeLimit(.minutes(5)), .serialized, .needsAzureEmulator)
struct BlobMoveTests {
    private let tenant: TenantID = "acme"

    @Test(
        "a tenant moves from SQLite to Blob Storage and is rolled back while six writers append, undisturbed and disturbed",
        arguments: [false, true]
    )
    func roundTrip(isDisturbed: Bool) async throws {
        let fleet = try AzureFleet()
        let places: [AzureFleet.Place] = [.sqlite, .blobs]
        let processes = [try await fleet.makeProcess(places), try await fleet.makeProcess(places)]
        if isDisturbed { try await fleet.disturb() }
        let (log, tenant) = (WriterLog(), tenant)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<6 {
                let router = processes[writer % 2].router
                group.addTask { await write(through: router, as: writer, tenant: tenant, to: log) }
            }
            for process in processes { group.addTask { try? await process.coordinator.run() } }
            try await log.more(40)
            let coordinator = processes[0].coordinator
            let id = try await coordinator.start(tenant: tenant, to: "blobs")
            try await finish(id, with: coordinator)
            try await log.more(40)
            try await finish(try await coordinator.rollBack(id), with: coordinator)
            #expect(try await coordinator.migration(id)?.state == .rolledBack)
            try await log.more(40)
            group.cancelAll()
        }
        #expect(log.errors.isEmpty)
        #expect(try await fleet.wasDisturbed() == isDisturbed)
        try await prove(log, of: tenant, in: processes[0].store("sqlite"))
        // What Blob Storage has is a beginning of that log, event by event.
        let there = try await processes[1].store("blobs").head(tenant: tenant, epoch: .maintenance)
        let position = try #require(there?.position)
        #expect(position > 40)
        let same = try await processes[0].store("sqlite").checkpoint(tenant: tenant, at: position, epoch: .maintenance)
        #expect(same == there?.checkpoint)
        for process in processes { await process.close() }
    }

    private func finish(_ id: MigrationID, with coordinator: MigrationCoordinator) async throws {
        try await coordinator.waitUntil(.dualWrite, of: id)
        try await coordinator.cutOver(id)
        #expect(try await coordinator.migration(id)?.state == .migrated)
    }
}
