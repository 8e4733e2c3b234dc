package import MigrationCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension HTTPProxy {
    /// The proxy that the environment names for an endpoint; nil where it names none.
    ///
    /// - Parameters:
    ///   - endpoint: whose scheme says which variables count.
    ///   - variables: the environment; that of this process unless it is given.
    /// - Throws: `invalidConfiguration` when what it names is no URL of an HTTP proxy, so that nothing goes around a proxy unnoticed.
    package static func ofEnvironment(
        for endpoint: HTTPURL,
        in variables: [String: String] = ProcessInfo.processInfo.environment
    ) throws(StoreError) -> HTTPProxy? {
        let names = endpoint.scheme == .https ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        guard let name = (names + ["all_proxy", "ALL_PROXY"]).first(where: { variables[$0]?.isEmpty == false }) else {
            return nil
        }
        guard let proxy = HTTPProxy(environment: variables, for: endpoint.scheme) else {
            throw StoreError(
                .invalidConfiguration,
                "The variable \(name) is no URL of an HTTP proxy; correct it, or have the store connect without one."
            )
        }
        return proxy
    }
}
