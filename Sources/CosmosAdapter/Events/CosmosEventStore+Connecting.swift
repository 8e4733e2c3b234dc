internal import CutoverAzureTransport
public import MigrationCore

extension CosmosEventStore {
    /// Opens the store, and makes sure that its account can keep fences. Closing the store closes its connections.
    ///
    /// - Parameters:
    ///   - id: the name under which the store is registered.
    ///   - configuration: the account and its database, how requests are signed, and how the store uses it.
    ///   - options: the container and the waiting.
    /// - Throws: `invalidConfiguration`, also for an account with several write regions, one whose consistency cannot keep
    ///   fences, or a container whose items expire; `collectionMismatch`; `unauthenticated`, `notPermitted`, `unavailable`
    ///   and what else the service answers.
    public static func connect(
        id: StoreID,
        _ configuration: CosmosConfiguration,
        options: CosmosLogOptions = CosmosLogOptions()
    ) async throws(StoreError) -> CosmosEventStore {
        let (environment, end): (AzureEnvironment, @Sendable () async -> Void)
        do throws(StoreError) { (environment, end) = try configuration.network() } catch { throw error.from(id) }
        do throws(StoreError) {
            return try await connect(id: id, configuration, options: options, in: environment, end: end)
        } catch {
            await end()
            throw error
        }
    }
}
