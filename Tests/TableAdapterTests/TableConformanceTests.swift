import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

@testable import TableAdapter

/// The suite against an account in memory; what it says about the wire is unconfirmed until an emulator or the service
/// has said it too.
@Suite("Conformance of the Table Storage store", .timeLimit(.minutes(10)))
struct TableConformanceTests {
    private static let accounts = Locked<[ObjectIdentifier: FakeTables]>([:])

    private static func open(_ account: FakeTables) async throws -> any DocumentStore {
        let store = try await account.connect()
        accounts.withLock { $0[ObjectIdentifier(store)] = account }
        return store
    }

    private static let suite = DocumentStoreConformance(
        options: .fromEnvironment,
        reopen: { store in
            let known = accounts.withLock { $0[ObjectIdentifier(store as! TableDocumentStore)] }
            return try await open(try #require(known))
        },
        makeStore: { () in try await open(FakeTables()) }
    )

    @Test("documents", arguments: suite.behaviours)
    func documents(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }
}
