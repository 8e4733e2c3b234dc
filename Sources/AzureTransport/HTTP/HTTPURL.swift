/// Where a request goes: scheme, host, port, path and query, each already percent-encoded as it stands on the wire.
///
/// Nothing is encoded, decoded or normalised behind the caller's back, because what is signed must be what is sent. User
/// information and fragments have no place in it. `description` leaves the values of the query out: a SAS signature is one.
package struct HTTPURL: Sendable, Hashable {
    /// The two protocols that the transport speaks.
    package enum Scheme: String, Sendable, Hashable, CaseIterable {
        case http, https

        /// The port that a URL without one means.
        package var defaultPort: Int { self == .http ? 80 : 443 }
    }

    /// One pair of the query, both halves already encoded.
    package struct QueryItem: Sendable, Hashable {
        package var name: String
        /// Nil for a name without `=`.
        package var value: String?

        package init(name: String, value: String?) {
            self.name = name
            self.value = value
        }
    }

    package var scheme: Scheme
    /// A host name or an IPv4 address, or an IPv6 address in its brackets.
    package var host: String
    /// Nil means the default port of the scheme.
    package var port: Int?
    /// Begins with `/`; dots and doubled slashes stay as they are.
    package var percentEncodedPath: String
    /// In the order of the wire.
    package var query: [QueryItem]

    package init(
        scheme: Scheme,
        host: String,
        port: Int? = nil,
        percentEncodedPath: String = "/",
        query: [QueryItem] = []
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.percentEncodedPath = percentEncodedPath
        self.query = query
    }

    /// `host` or `host:port`, as in the `Host` header.
    package var authority: String {
        guard let port, port != scheme.defaultPort else { return host }
        return "\(host):\(port)"
    }

    /// The path, and the query where there is one, with all values: what the request line holds. May hold secrets.
    package var pathAndQuery: String {
        guard !query.isEmpty else { return percentEncodedPath }
        return "\(percentEncodedPath)?\(percentEncodedQuery)"
    }

    /// The query without its question mark, with all values. May hold secrets.
    package var percentEncodedQuery: String {
        query.map { item in item.value.map { "\(item.name)=\($0)" } ?? item.name }.joined(separator: "&")
    }

    /// The whole URL with all values: what the transport is given. May hold secrets; never log it.
    package var absoluteText: String {
        var text = scheme == .https ? "https://" : "http://"
        text.reserveCapacity(text.utf8.count + host.utf8.count + 6 + percentEncodedPath.utf8.count)
        text += host
        if let port, port != scheme.defaultPort {
            text += ":"
            text += String(port)
        }
        text += percentEncodedPath
        if !query.isEmpty {
            text += "?"
            text += percentEncodedQuery
        }
        return text
    }
}

extension HTTPURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL with the names of its query and none of the values.
    package var description: String {
        let names = query.isEmpty ? "" : "?" + query.map(\.name).joined(separator: "&")
        return "\(scheme.rawValue)://\(authority)\(percentEncodedPath)\(names)"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
