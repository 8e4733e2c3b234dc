extension AzureEnvironment {
    /// The way over libcurl, and what ends it.
    ///
    /// - Parameters:
    ///   - certificateAuthorityFile: certificates in PEM form that are trusted instead of the system's.
    ///   - proxy: what the requests go through; nil for a direct connection.
    ///   - maximumRequests: the most requests to the account that are under way together.
    package static func overNetwork(
        certificateAuthorityFile: String?,
        proxy: HTTPProxy? = nil,
        maximumRequests: Int
    ) -> (environment: AzureEnvironment, end: @Sendable () async -> Void) {
        var configuration = CurlTransport.Configuration()
        configuration.certificateAuthorityFile = certificateAuthorityFile
        configuration.proxy = proxy
        configuration.maximumRequestsPerHost = max(64, maximumRequests)
        let transport = CurlTransport(configuration)
        return (AzureEnvironment(transport: transport), { await transport.stop() })
    }
}
