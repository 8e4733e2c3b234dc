import CutoverAzureServer
import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import TableAdapter
import Testing

/// The suite over real HTTP, with signatures checked, against the emulator that the official clients are held to, too.
@Suite("Table Storage over HTTP", .timeLimit(.minutes(10)), .needsAzureEmulator, .azureEmulator)
struct TableEmulatorTests {
    private static let prefixes = Locked<[ObjectIdentifier: String]>([:])

    private static func open(_ prefix: String) async throws -> any DocumentStore {
        let server = try #require(AzureServer.shared)
        var configuration = try TableConfiguration(connectionString: server.storage)
        configuration.tablePrefix = prefix
        let store = try await TableDocumentStore.connect(id: "tables", configuration)
        prefixes.withLock { $0[ObjectIdentifier(store)] = prefix }
        return store
    }

    private static let suite = DocumentStoreConformance(
        options: ConformanceOptions(sequences: 10, tasks: 4),
        reopen: { store in
            let known = prefixes.withLock { $0[ObjectIdentifier(store as AnyObject)] }
            return try await open(try #require(known))
        },
        makeStore: { () in try await open(AzureServer.freshName()) }
    )

    @Test("documents", arguments: suite.behaviours)
    func documents(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }
}
