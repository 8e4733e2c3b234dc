package import MigrationCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension StorageAccount {
    /// The proxy that the environment names for a service of the account; nil where it names none.
    ///
    /// - Parameters:
    ///   - service: whose endpoint says which variables count.
    ///   - variables: the environment; that of this process unless it is given.
    /// - Throws: `invalidConfiguration` when what it names is no URL of an HTTP proxy, so that nothing goes around a proxy unnoticed.
    package func environmentProxy(
        for service: Service,
        in variables: [String: String] = ProcessInfo.processInfo.environment
    ) throws(StoreError) -> HTTPProxy? {
        let scheme = try endpoint(of: service).primary.scheme
        let names = scheme == .https ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        guard let name = (names + ["all_proxy", "ALL_PROXY"]).first(where: { variables[$0]?.isEmpty == false }) else {
            return nil
        }
        guard let proxy = HTTPProxy(environment: variables, for: scheme) else {
            throw StoreError(
                .invalidConfiguration,
                "The variable \(name) is no URL of an HTTP proxy; correct it, or have the store connect without one."
            )
        }
        return proxy
    }
}
