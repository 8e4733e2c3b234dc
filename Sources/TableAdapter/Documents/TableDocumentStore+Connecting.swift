internal import CutoverAzureTransport
public import MigrationCore

extension TableDocumentStore {
    /// Opens the store, and makes sure that its account answers. Closing the store closes its connections.
    ///
    /// - Parameters:
    ///   - id: the name under which the store is registered.
    ///   - configuration: the account, how requests to it are signed, and what of it the store uses.
    /// - Throws: `invalidConfiguration`; `unauthenticated`, `notPermitted`, `unavailable` and what else the service answers.
    public static func connect(
        id: StoreID,
        _ configuration: TableConfiguration
    ) async throws(StoreError) -> TableDocumentStore {
        let proxy: HTTPProxy?
        do throws(StoreError) { proxy = try configuration.proxy() } catch { throw error.from(id) }
        let (environment, end) = AzureEnvironment.overNetwork(
            certificateAuthorityFile: configuration.certificateAuthorityFile,
            proxy: proxy,
            maximumRequests: configuration.maximumConcurrentRequests
        )
        do throws(StoreError) {
            return try await connect(id: id, configuration, in: environment, end: end)
        } catch {
            await end()
            throw error
        }
    }
}
