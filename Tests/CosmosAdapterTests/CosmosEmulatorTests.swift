import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

/// The suites over real HTTP, with signatures checked, against the emulator that the official client is held to, too.
@Suite("Cosmos DB over HTTP", .timeLimit(.minutes(10)), .needsAzureEmulator, .azureEmulator)
struct CosmosEmulatorTests {
    private static let databases = Locked<[ObjectIdentifier: String]>([:])
    private static let options = ConformanceOptions(sequences: 10, tasks: 4)

    private static func note<Store: AnyObject>(_ store: Store, _ database: String) -> Store {
        databases.withLock { $0[ObjectIdentifier(store)] = database }
        return store
    }

    private static func database(of store: any Sendable) throws -> String {
        try #require(databases.withLock { $0[ObjectIdentifier(store as AnyObject)] })
    }

    private static func open(_ database: String, keepsLifetimes: Bool) async throws -> any DocumentStore {
        var configuration = try CosmosBed.configuration(database)
        configuration.keepsLifetimes = keepsLifetimes
        return note(try await CosmosDocumentStore.connect(id: "cosmos", configuration), database)
    }

    private static let suite = DocumentStoreConformance(
        options: options,
        reopen: { try await open(try database(of: $0), keepsLifetimes: false) },
        makeStore: { () in try await open(AzureServer.freshName(), keepsLifetimes: false) }
    )

    @Test("documents", arguments: suite.behaviours)
    func documents(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }

    private static let lifetimeSuite = DocumentStoreConformance(
        options: options,
        reopen: { try await open(try database(of: $0), keepsLifetimes: true) },
        makeStore: { () in try await open(AzureServer.freshName(), keepsLifetimes: true) }
    )

    @Test("documents with lifetimes", arguments: lifetimeSuite.behaviours)
    func lifetimes(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }
}
