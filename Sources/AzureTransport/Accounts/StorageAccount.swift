package import MigrationCore

/// Where a storage account is, and how it is used.
package struct StorageAccount: Sendable {
    /// One of its services.
    package enum Service: String, Sendable, Hashable, CaseIterable {
        case blob, table

        var azureService: AzureService { self == .blob ? .blob : .table }
        fileprivate var developmentPort: Int { self == .blob ? 10_000 : 10_002 }
        fileprivate var partName: String { self == .blob ? "Blob" : "Table" }
    }

    /// The addresses of a service.
    package struct Endpoint: Sendable, Hashable {
        /// Where all requests go. With a path, it is that of the account, without a slash at its end.
        package let primary: HTTPURL
        /// Where reads may go that take a state of some minutes ago.
        package let secondary: HTTPURL?
    }

    /// The account's name, which signatures hold.
    package let name: String
    package let authorization: AccountAuthorization
    private let endpoints: [Service: Endpoint]

    /// The account of every emulator.
    package static let developmentName = "devstoreaccount1"
    /// Its key, which is public.
    package static let developmentKey =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    /// An account by the URL of one of its services, such as `https://account.blob.core.windows.net`.
    ///
    /// - Parameter name: the account's name, where the URL does not tell it.
    package init(
        _ service: Service,
        endpoint text: String,
        name: String? = nil,
        authorization: AccountAuthorization
    ) throws(StoreError) {
        let primary = try HTTPURL.endpoint(text, "The \(service.rawValue) endpoint")
        guard let name = name ?? Self.name(in: primary) else {
            throw StoreError(.invalidConfiguration, "The endpoint does not tell the account's name; pass it along.")
        }
        self.init(
            name: name,
            authorization: authorization,
            endpoints: [service: Endpoint(primary: primary, secondary: nil)]
        )
    }

    /// Reads a connection string: a key or a signature, endpoints by suffix or one by one, or `UseDevelopmentStorage=true`.
    package init(connectionString text: String) throws(StoreError) {
        let parts = try ConnectionString(text)
        if parts["UseDevelopmentStorage"]?.lowercased() == "true" {
            self = try Self.development(proxy: parts["DevelopmentStorageProxyUri"])
            return
        }
        var endpoints: [Service: Endpoint] = [:]
        for service in Service.allCases { endpoints[service] = try Self.endpoint(of: service, parts) }
        guard let name = parts["AccountName"] ?? Self.name(in: endpoints),
            !endpoints.isEmpty
        else {
            throw StoreError(
                .invalidConfiguration,
                "The connection string names neither AccountName nor BlobEndpoint or TableEndpoint; copy the whole string again."
            )
        }
        let authorization: AccountAuthorization
        switch (parts["AccountKey"], parts["SharedAccessSignature"]) {
        case (let key?, nil): authorization = .key(try AccountKey(base64: key))
        case (nil, let token?): authorization = .signature(try SharedAccessSignature(token: token))
        case (nil, nil): authorization = .anonymous
        case (_?, _?):
            throw StoreError(
                .invalidConfiguration,
                "The connection string has both AccountKey and SharedAccessSignature; leave one of them out."
            )
        }
        self.init(name: name, authorization: authorization, endpoints: endpoints)
    }

    private init(name: String, authorization: AccountAuthorization, endpoints: [Service: Endpoint]) {
        self.name = name
        self.authorization = authorization
        self.endpoints = endpoints
    }

    /// The same account used by an identity, or in another way.
    package func authorized(by authorization: AccountAuthorization) -> StorageAccount {
        StorageAccount(name: name, authorization: authorization, endpoints: endpoints)
    }

    /// The addresses of a service.
    ///
    /// - Throws: `invalidConfiguration` when the account was given without them.
    package func endpoint(of service: Service) throws(StoreError) -> Endpoint {
        guard let endpoint = endpoints[service] else {
            throw StoreError(
                .invalidConfiguration,
                "The account was given without an endpoint for \(service.rawValue)s."
            )
        }
        return endpoint
    }

    /// What tokens for storage are asked for.
    package static let scope = "https://storage.azure.com/.default"

    /// Makes the signer of a service's requests.
    package func signer(for service: Service, context: TokenContext) -> any RequestSigner {
        switch authorization {
        case .key(let key):
            StorageSharedKeySigner(account: name, key: key, scheme: service == .blob ? .blob : .table)
        case .signature(let signature): SharedAccessSigner(signature)
        case .identity(let credential):
            BearerSigner(
                cache: TokenCache(credential: credential, scope: Self.scope, context: context),
                form: .bearer
            )
        case .anonymous: NoSigner()
        }
    }
}

extension StorageAccount {
    /// The emulator's account on this machine, or behind a proxy.
    private static func development(proxy: String?) throws(StoreError) -> StorageAccount {
        let base = try HTTPURL.endpoint(proxy ?? "http://127.0.0.1", "The part DevelopmentStorageProxyUri")
        var endpoints: [Service: Endpoint] = [:]
        for service in Service.allCases {
            func url(_ account: String) -> HTTPURL {
                HTTPURL(
                    scheme: base.scheme,
                    host: base.host,
                    port: service.developmentPort,
                    percentEncodedPath: "/\(account)"
                )
            }
            endpoints[service] = Endpoint(primary: url(developmentName), secondary: url("\(developmentName)-secondary"))
        }
        return StorageAccount(
            name: developmentName,
            authorization: .key(try AccountKey(base64: developmentKey)),
            endpoints: endpoints
        )
    }

    /// A service's endpoint: its own part, else the one that name and suffix make.
    private static func endpoint(of service: Service, _ parts: ConnectionString) throws(StoreError) -> Endpoint? {
        let secondaryName = "\(service.partName)SecondaryEndpoint"
        let secondary: HTTPURL? =
            if let text = parts[secondaryName] { try HTTPURL.endpoint(text, "The part \(secondaryName)") } else { nil }
        let ownName = "\(service.partName)Endpoint"
        if let text = parts[ownName] {
            return Endpoint(primary: try HTTPURL.endpoint(text, "The part \(ownName)"), secondary: secondary)
        }
        guard let name = parts["AccountName"] else { return nil }
        let scheme = parts["DefaultEndpointsProtocol"] ?? "https"
        let suffix = parts["EndpointSuffix"] ?? "core.windows.net"
        // With another endpoint given by itself and no protocol, the string is about that service alone.
        if parts["DefaultEndpointsProtocol"] == nil,
            Service.allCases.contains(where: { parts["\($0.partName)Endpoint"] != nil })
        {
            return nil
        }
        func url(_ account: String) throws(StoreError) -> HTTPURL {
            try HTTPURL.endpoint(
                "\(scheme)://\(account).\(service.rawValue).\(suffix)",
                "What DefaultEndpointsProtocol, AccountName and EndpointSuffix make"
            )
        }
        let derived = try url("\(name)-secondary")
        return Endpoint(primary: try url(name), secondary: secondary ?? derived)
    }

    /// The account that the endpoints name.
    private static func name(in endpoints: [Service: Endpoint]) -> String? {
        Service.allCases.lazy.compactMap { endpoints[$0].flatMap { name(in: $0.primary) } }.first
    }

    /// The account that an endpoint names: the first segment of its path, else the first label of its host.
    private static func name(in url: HTTPURL) -> String? {
        if let segment = url.percentEncodedPath.split(separator: "/").first { return HTTPURL.percentDecoded(segment) }
        let labels = url.host.split(separator: ".")
        guard labels.count > 2, url.host.first != "[", !labels.allSatisfy({ Int($0) != nil }) else { return nil }
        return String(labels[0])
    }
}

extension StorageAccount: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        let places = Service.allCases.compactMap { endpoints[$0]?.primary.description }
        return "\(name) at \(places.joined(separator: ", ")) by \(authorization)"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["account": description]) }
}
