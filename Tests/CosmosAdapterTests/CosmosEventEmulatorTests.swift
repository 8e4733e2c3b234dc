import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

/// The suite of events over real HTTP.
@Suite("Events in Cosmos DB over HTTP", .timeLimit(.minutes(10)), .needsAzureEmulator, .azureEmulator)
struct CosmosEventEmulatorTests {
    private static let databases = Locked<[ObjectIdentifier: String]>([:])

    private static func open(_ database: String) async throws -> any FencedEventStore {
        var options = CosmosLogOptions()
        options.pollingInterval = .milliseconds(10)
        let store = try await CosmosEventStore.connect(
            id: "events",
            try CosmosBed.configuration(database),
            options: options
        )
        databases.withLock { $0[ObjectIdentifier(store)] = database }
        return store
    }

    private static let suite = EventStoreConformance(
        options: ConformanceOptions(sequences: 10, tasks: 4),
        reopen: { store in
            let known = databases.withLock { $0[ObjectIdentifier(store as AnyObject)] }
            return try await open(try #require(known))
        },
        makeStore: { try await open(AzureServer.freshName()) }
    )

    @Test("events", arguments: suite.behaviours)
    func events(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }
}
