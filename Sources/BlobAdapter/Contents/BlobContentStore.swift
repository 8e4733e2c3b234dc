package import CutoverAzureTransport
public import MigrationCore

/// Binary content in a container of Azure Blob Storage: one block blob under each name.
///
/// Content is streamed in blocks and becomes visible whole, when the last block is there. A read gives the bytes of one
/// version or fails: never the beginning of one and the end of another. Every block and every piece that is read is
/// checked against its MD5 checksum.
///
/// ```swift
/// let outcome = try await store.write("tenders/17/offer.pdf", [bytes])
/// guard let reader = try await store.read("tenders/17/offer.pdf") else { return }
/// while let piece = try await reader.next() { try file.append(piece) }
/// ```
public final class BlobContentStore: Sendable {
    /// The name under which the store is registered.
    public let id: StoreID

    let configuration: BlobConfiguration
    let gateway: BlobGateway
    let environment: AzureEnvironment
    let door: StoreDoor

    private init(
        id: StoreID,
        _ configuration: BlobConfiguration,
        gateway: BlobGateway,
        _ environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void
    ) {
        self.id = id
        self.configuration = configuration
        self.gateway = gateway
        self.environment = environment
        door = StoreDoor(id, end: end)
    }

    /// Opens the store over a given transport, and makes sure that its container is there.
    ///
    /// - Parameter end: called once when the store was closed, such as to stop the transport.
    package static func connect(
        id: StoreID,
        _ configuration: BlobConfiguration,
        in environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void = {}
    ) async throws(StoreError) -> BlobContentStore {
        do throws(StoreError) {
            let gateway = try await BlobGateway.open(configuration, in: environment)
            return BlobContentStore(id: id, configuration, gateway: gateway, environment, end: end)
        } catch {
            throw error.from(id)
        }
    }

    /// Ends the store: calls under way finish, later ones throw `closed`. A reader that has begun ends with `closed`, too.
    public func close() async { await door.close() }

    /// What is under a name; nil when there is nothing.
    ///
    /// - Throws: `invalidKey`, `keyTooLong` for a name that the service does not take; what the service answers.
    public func content(_ name: String) async throws(StoreError) -> BlobContent? {
        try await door.enter { () async throws(StoreError) -> BlobContent? in
            guard let response = try await gateway.head(try blob(name)) else { return nil }
            return try BlobContent(name, response.headers, byteCount: Self.length(response))
        }
    }

    /// Removes what is under a name; with a tag only while it has that version.
    ///
    /// A removal whose reply was lost is *unknown*.
    ///
    /// - Parameters:
    ///   - name: under which name the content lies.
    ///   - tag: the version that it must have; nil for whatever is there.
    ///   - lease: the lease that the caller holds, where somebody holds one.
    public func delete(
        _ name: String,
        ifMatches tag: ETag? = nil,
        lease: BlobLease? = nil
    ) async throws(StoreError) -> WriteOutcome {
        try await door.enter { () async throws(StoreError) -> WriteOutcome in
            let headers: HTTPHeaders = lease.map { ["x-ms-lease-id": $0.id] } ?? [:]
            return try await gateway.delete(try blob(name), ifMatches: tag, headers: headers, store: id)
        }
    }

    /// One page of the contents whose names begin with a prefix, in the order of their names.
    ///
    /// - Parameters:
    ///   - prefix: what the names begin with; empty for all.
    ///   - continuation: where the page before this one ended.
    ///   - pageSize: the most contents of the page, at least 1; the service gives no more than 5,000.
    /// - Throws: `invalidArgument`; `invalidContinuation` for one that is damaged or of another prefix.
    public func list(
        _ prefix: String = "",
        after continuation: Continuation? = nil,
        pageSize: Int = 1_000
    ) async throws(StoreError) -> BlobContentPage {
        try await door.enter { () async throws(StoreError) -> BlobContentPage in
            try DocumentRules.check(pageSize: pageSize)
            let full = configuration.prefix + prefix
            let marker = try ListingPlace.marker(of: continuation, in: full)
            let listing = try await gateway.list(full, after: marker, size: pageSize, includes: "metadata")
            let contents = listing.entries.map {
                BlobContent(String($0.name.dropFirst(configuration.prefix.count)), $0)
            }
            let next = listing.marker.map { ListingPlace.continuation($0, in: full) }
            return BlobContentPage(contents: contents, continuation: next)
        }
    }
}

extension BlobContentStore {
    /// The name of the blob.
    ///
    /// - Throws: `invalidKey` for a name that the service would change on its way, `keyTooLong`.
    func blob(_ name: String) throws(StoreError) -> String {
        let blob = configuration.prefix + name
        guard blob.utf16.count <= DocumentNames.maximumCharacters else {
            throw StoreError(.keyTooLong, "The name has \(blob.utf16.count) characters, and the service takes 1,024.")
        }
        let isPlain = blob.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "\\"
        }
        let segments = name.split(separator: "/", omittingEmptySubsequences: false)
        guard isPlain, segments.allSatisfy({ !$0.isEmpty && $0.last != "." }) else {
            throw StoreError(
                .invalidKey,
                "A name has no controls, no backslash, no empty part between slashes, and no part that ends with a dot."
            )
        }
        return blob
    }

    /// How many bytes a blob has, by the answer to a `HEAD`.
    static func length(_ response: HTTPResponse) throws(StoreError) -> Int {
        guard let text = response.headers["Content-Length"], let length = Int(text), length >= 0 else {
            throw StoreError(
                .internalInconsistency,
                "The service did not tell a blob's length; a proxy may have removed it."
            )
        }
        return length
    }
}
