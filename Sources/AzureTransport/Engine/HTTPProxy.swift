/// A proxy between the transport and the servers: it forwards plain requests and tunnels TLS.
///
/// What a request says to its server, its credentials among it, is not said to the proxy that opens the tunnel.
package struct HTTPProxy: Sendable {
    /// Where the proxy listens; its path is not used.
    package var url: HTTPURL
    package var name: String?
    /// What proves the name; hidden from every description.
    package var password: String?
    /// Hosts, domains and addresses that are reached directly. The instance metadata of a machine in Azure must never go through a proxy.
    package var bypass: [String]

    package init(
        url: HTTPURL,
        name: String? = nil,
        password: String? = nil,
        bypass: [String] = ["169.254.169.254", "localhost", "127.0.0.1", "::1"]
    ) {
        self.url = url
        self.name = name
        self.password = password
        self.bypass = bypass
    }

    /// The proxy that an environment names by custom: `https_proxy`, `HTTPS_PROXY` or `http_proxy`, `all_proxy`, with `no_proxy`.
    ///
    /// Upper case `HTTP_PROXY` is left out: a CGI program's environment holds a client's header under that name. Nil where none
    /// is named, or where it is not a URL of an HTTP proxy.
    package init?(environment: [String: String], for scheme: HTTPURL.Scheme) {
        let names = scheme == .https ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        guard
            let text = (names + ["all_proxy", "ALL_PROXY"]).lazy
                .compactMap({ environment[$0] }).first(where: { !$0.isEmpty })
        else { return nil }
        let absolute = text.contains("://") ? text : "http://" + text
        guard let schemeEnd = absolute.firstRange(of: "://")?.upperBound else { return nil }
        let authorityEnd = absolute[schemeEnd...].firstIndex(of: "/") ?? absolute.endIndex
        var name: String?
        var password: String?
        var rest = absolute
        if let at = absolute[schemeEnd..<authorityEnd].lastIndex(of: "@") {
            let halves = absolute[schemeEnd..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let decoded = HTTPURL.percentDecoded(halves[0]) else { return nil }
            name = decoded
            if halves.count == 2 {
                guard let decoded = HTTPURL.percentDecoded(halves[1]) else { return nil }
                password = decoded
            }
            rest = String(absolute[..<schemeEnd] + absolute[absolute.index(after: at)...])
        }
        guard let url = HTTPURL(rest) else { return nil }
        self.init(url: url, name: name, password: password)
        let exceptions = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
        bypass += exceptions.split(separator: ",").map { String($0.filter { $0 != " " }) }
    }
}

extension HTTPProxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "the proxy \(url.scheme.rawValue)://\(url.authority)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["proxy": description]) }
}
