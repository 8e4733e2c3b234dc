internal import CutoverAzureTransport
public import MigrationCore

extension CosmosDocumentStore {
    /// Opens the store, and makes sure that its account can keep the store's promises. Closing the store closes its connections.
    ///
    /// - Parameters:
    ///   - id: the name under which the store is registered.
    ///   - configuration: the account and its database, how requests are signed, and how the store uses it.
    /// - Throws: `invalidConfiguration`, also for an account with several write regions or a consistency that shows old
    ///   data; `unauthenticated`, `notPermitted`, `unavailable` and what else the service answers.
    public static func connect(
        id: StoreID,
        _ configuration: CosmosConfiguration
    ) async throws(StoreError) -> CosmosDocumentStore {
        let (environment, end): (AzureEnvironment, @Sendable () async -> Void)
        do throws(StoreError) { (environment, end) = try configuration.network() } catch { throw error.from(id) }
        do throws(StoreError) {
            return try await connect(id: id, configuration, in: environment, end: end)
        } catch {
            await end()
            throw error
        }
    }
}
