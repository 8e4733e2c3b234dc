/// Where the connections of a request go: requests to the same place share them.
struct HTTPOrigin: Hashable {
    private let scheme: HTTPURL.Scheme
    private let host: String
    private let port: Int

    init(_ url: HTTPURL) {
        scheme = url.scheme
        host = url.host
        port = url.port ?? url.scheme.defaultPort
    }
}
