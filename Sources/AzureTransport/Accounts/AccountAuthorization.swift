internal import MigrationCore

/// How an account is used: by its key, by a signature that grants a part of it, by an identity, or by anybody.
package enum AccountAuthorization: Sendable {
    case key(AccountKey)
    case signature(SharedAccessSignature)
    case identity(any TokenCredential)
    case anonymous
}

extension AccountAuthorization: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .key: "account key"
        case .signature: "shared access signature"
        case .identity: "identity"
        case .anonymous: "none"
        }
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: [description]) }
}

extension HTTPURL {
    /// The URL of something under this one: the path is appended, and the query set.
    package func appending(percentEncodedPath path: String, query: [QueryItem] = []) -> HTTPURL {
        var url = self
        while url.percentEncodedPath.last == "/" { url.percentEncodedPath.removeLast() }
        url.percentEncodedPath += path.first == "/" ? path : "/\(path)"
        url.query = query
        return url
    }

    /// Reads the endpoint of an account, whose path ends without a slash and which has no query.
    ///
    /// - Parameter name: what the text is called in an error.
    static func endpoint(_ text: String, _ name: String) throws(StoreError) -> HTTPURL {
        guard var url = HTTPURL(text), url.query.isEmpty else {
            throw StoreError(.invalidConfiguration, "\(name) is no http or https URL without a query; correct it.")
        }
        while url.percentEncodedPath.count > 1, url.percentEncodedPath.last == "/" {
            url.percentEncodedPath.removeLast()
        }
        return url
    }
}
