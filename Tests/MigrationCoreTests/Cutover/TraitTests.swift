#if Configuration
import Configuration
import MigrationCore
import Testing

@Suite("A configuration that is read")
struct ConfigReaderTests {
    @Test("keeps its defaults where nothing is set, and takes what is set")
    func reading() {
        let empty = MigrationCoordinator.Configuration(
            configReader: ConfigReader(provider: InMemoryProvider(values: [:]))
        )
        #expect(empty.cutoverTimeout == .seconds(5))
        #expect(empty.keepsSourceWarm)
        let reader = ConfigReader(
            provider: InMemoryProvider(values: [
                "cutoverTimeoutSeconds": 30.0, "copier.maximumBatchEvents": 7, "keepsSourceWarm": false, "actor": "ada",
            ])
        )
        let set = MigrationCoordinator.Configuration(configReader: reader)
        #expect(set.cutoverTimeout == .seconds(30))
        #expect(set.copier.maximumBatchEvents == 7)
        #expect(!set.keepsSourceWarm)
        #expect(set.actor == "ada")
    }
}
#endif

#if ServiceLifecycle
import Logging
import MigrationCore
import ServiceLifecycle
import Testing

@Suite("A coordinator as a service", .timeLimit(.minutes(5)))
struct CutoverServiceTests {
    @Test("ends without an error when it is shut down gracefully, and the migration can go on elsewhere")
    func gracefulShutdown() async throws {
        let fleet = Fleet()
        let process = try fleet.makeProcess()
        let event = NewEvent(type: "E", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: [:])
        _ = try await process.router.append([event], to: "s", tenant: Fleet.tenant)
        let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
        let group = ServiceGroup(
            services: [CutoverService(process.coordinator), CutoverService(process.router)],
            logger: Logger(label: "test")
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await fleet.makeProcess().coordinator.cutOver(id)
        #expect(try await process.coordinator.migration(id)?.state == .migrated)
    }
}
#endif
