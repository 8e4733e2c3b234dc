package import MigrationCore

/// Signs requests to Blob or Table Storage with the account's shared key.
///
/// Source: "Authorize with Shared Key"; what the official clients send, where the page leaves a choice.
package struct StorageSharedKeySigner: RequestSigner {
    /// Which string is signed.
    package enum Scheme: Sendable, Hashable {
        /// Blob: the standard fields, every `x-ms-` field, and every part of the query.
        case blob
        /// Blob, the lighter form: fewer standard fields, and only `comp` of the query.
        case blobLite
        /// Table: four fields, and only `comp` of the query.
        case table
        /// Table, the lighter form: the date and the resource.
        case tableLite

        var keyword: String {
            switch self {
            case .blob, .table: "SharedKey"
            case .blobLite, .tableLite: "SharedKeyLite"
            }
        }
    }

    private let account: String
    private let key: AccountKey
    private let scheme: Scheme

    package init(account: String, key: AccountKey, scheme: Scheme) {
        self.account = account
        self.key = key
        self.scheme = scheme
    }

    package func sign(_ request: inout HTTPRequest, at time: WallTime) async throws(CredentialError) {
        request.beginSigning(at: time)
        request.headers[SignedField.authorization] = authorization(for: request)
    }

    /// The value of the authorization header of a request that has its date.
    package func authorization(for request: HTTPRequest) -> String {
        "\(scheme.keyword) \(account):\(key.signature(of: stringToSign(for: request)))"
    }

    /// What is signed. It holds no secret, but names and values of the request.
    package func stringToSign(for request: HTTPRequest) -> String {
        let date = request.headers[SignedField.date] ?? ""
        switch scheme {
        case .blob:
            var lines = [request.method.name]
            lines += Self.blobSlots.map { slot in
                slot == "Content-Length"
                    ? (request.body.length == 0 ? "" : String(request.body.length)) : request.headers[slot] ?? ""
            }
            return lines.joined(separator: "\n") + "\n" + canonicalFields(of: request) + fullResource(of: request.url)
        case .blobLite:
            // The slot of the date is empty because x-ms-date is always sent.
            let lines = [
                request.method.name, request.headers["Content-MD5"] ?? "", request.headers["Content-Type"] ?? "", "",
            ]
            return lines.joined(separator: "\n") + "\n" + canonicalFields(of: request) + shortResource(of: request.url)
        case .table:
            let lines = [
                request.method.name, request.headers["Content-MD5"] ?? "", request.headers["Content-Type"] ?? "", date,
                shortResource(of: request.url),
            ]
            return lines.joined(separator: "\n")
        case .tableLite:
            return "\(date)\n\(shortResource(of: request.url))"
        }
    }

    /// The slots after the verb, in order; the date is empty because `x-ms-date` is always sent.
    private static let blobSlots = [
        "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
        "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
    ]

    /// All `x-ms-` fields, sorted as the service sorts them, each with its line end.
    private func canonicalFields(of request: HTTPRequest) -> String {
        var values: [String: [String]] = [:]
        for field in request.headers.fields {
            let name = field.name.lowercased()
            guard name.hasPrefix("x-ms-") else { continue }
            values[name, default: []].append(field.value.trimmingHTTPSpace)
        }
        return values.keys.sorted(by: HeaderCollation.isOrdered).reduce(into: "") { text, name in
            text += "\(name):\((values[name] ?? []).joined(separator: ","))\n"
        }
    }

    /// The account, the encoded path as sent, and every part of the query on a line of its own.
    private func fullResource(of url: HTTPURL) -> String {
        var values: [String: [String]] = [:]
        for item in url.query {
            let name = (HTTPURL.percentDecoded(item.name) ?? item.name).lowercased()
            let value = item.value ?? ""
            values[name, default: []].append(HTTPURL.percentDecoded(value) ?? value)
        }
        return values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .reduce(into: "/\(account)\(url.percentEncodedPath)") { text, name in
                let sorted = (values[name] ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                text += "\n\(name):\(sorted.joined(separator: ","))"
            }
    }

    /// The account, the encoded path as sent, and `comp` where there is one.
    private func shortResource(of url: HTTPURL) -> String {
        let path = "/\(account)\(url.percentEncodedPath)"
        guard let comp = url.query.first(where: { $0.name.lowercased() == "comp" }) else { return path }
        let value = comp.value ?? ""
        return "\(path)?comp=\(HTTPURL.percentDecoded(value) ?? value)"
    }
}

extension String {
    /// Without spaces and tabs at the ends, which no field's value keeps on its way.
    fileprivate var trimmingHTTPSpace: String {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
