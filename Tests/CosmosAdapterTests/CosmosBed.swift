import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import Testing

/// A store in a database of its own, with what tests against the emulator do around it.
struct CosmosBed {
    let server: AzureServer
    let database = AzureServer.freshName()

    init() throws { server = try #require(AzureServer.shared) }

    static func configuration(_ database: String) throws -> CosmosConfiguration {
        try configuration(database, on: try #require(AzureServer.shared))
    }

    static func configuration(_ database: String, on server: AzureServer) throws -> CosmosConfiguration {
        var configuration = try CosmosConfiguration(connectionString: server.cosmos, database: database)
        configuration.createsDatabase = true
        configuration.isOnlyProcess = true
        return configuration
    }

    func store(
        _ change: (inout CosmosConfiguration) -> Void = { _ in }
    ) async throws -> CosmosDocumentStore {
        var configuration = try Self.configuration(database, on: server)
        change(&configuration)
        return try await CosmosDocumentStore.connect(id: "cosmos", configuration)
    }

    /// A fault that meets requests about the documents of this database.
    func fault(
        _ method: String,
        _ effect: AzureServer.Effect,
        skip: Int = 0,
        next: Int? = 1,
        path: String = "docs*"
    ) -> AzureServer.Fault {
        var fault = AzureServer.Fault("cosmos", method, path: "/dbs/\(database)/*\(path)", effect)
        (fault.skip, fault.next) = (skip, next)
        return fault
    }
}

/// The code of the error that a call throws.
func code<Value>(_ body: () async throws -> Value) async throws -> StoreError.Code? {
    do {
        _ = try await body()
        return nil
    } catch let error as StoreError {
        return error.code
    }
}
