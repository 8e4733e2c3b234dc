/// A header or a query parameter, in the order and the spelling in which it was sent.
package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One HTTP request, whole: what the services answer.
package struct Request: Sendable {
    /// The method in capital letters.
    package var method: String

    /// The path as sent, still percent-encoded, without the query.
    package var rawPath: String

    /// The query as sent, without its question mark; empty if there is none.
    package var rawQuery: String

    /// The parameters of the query, percent-decoded, in their order.
    package var query: [Field]

    /// The header fields in their order.
    package var headers: [Field]

    /// The whole body.
    package var body: [UInt8]

    /// Whether the request came over TLS.
    package var isSecure: Bool

    /// Makes a request from its target (path and query as sent).
    package init(
        method: String,
        target: String,
        headers: [Field] = [],
        body: [UInt8] = [],
        isSecure: Bool = false
    ) {
        self.method = method
        self.headers = headers
        self.body = body
        self.isSecure = isSecure
        var target = Substring(target)
        // The absolute form, as a proxy or a part of a batch sends it.
        if !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") {
            let afterHost = target[scheme.upperBound...]
            target = afterHost.firstIndex(of: "/").map { afterHost[$0...] } ?? "/"
        }
        if let mark = target.firstIndex(of: "?") {
            rawPath = String(target[..<mark])
            rawQuery = String(target[target.index(after: mark)...])
        } else {
            rawPath = String(target)
            rawQuery = ""
        }
        query = Percent.pairs(rawQuery)
    }

    /// The first header of this name, whatever its case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// The first query parameter of this name, whatever its case.
    package func parameter(_ name: String) -> String? {
        query.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// The path in percent-decoded segments; a trailing slash makes no segment.
    package var segments: [String] {
        rawPath.split(separator: "/").map { Percent.decode($0) }
    }

    /// `http://host:port`, as the client addressed this server.
    package var origin: String {
        (isSecure ? "https://" : "http://") + (header("Host") ?? "127.0.0.1")
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    package var text: String { String(decoding: body, as: UTF8.self) }
}

extension StringProtocol {
    /// Whether both are the same when the case of ASCII letters does not count.
    package func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }

    /// The text without spaces and tabs at both ends.
    package var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}

extension UInt8 {
    package var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
