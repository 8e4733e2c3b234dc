internal import CutoverAzureTransport
public import MigrationCore

extension BlobContentStore {
    /// The tags of a content; nil when there is no content.
    ///
    /// - Throws: `invalidKey`, `keyTooLong`; what the service answers: reading tags is a right of its own.
    public func tags(of name: String) async throws(StoreError) -> BlobTags? {
        try await door.enter { () async throws(StoreError) -> BlobTags? in
            let blob = try self.blob(name)
            return try await tags(ofBlob: blob)
        }
    }

    /// Replaces all tags of a content, which leaves its version as it is.
    ///
    /// Two that set tags together are not told apart: the later one wins.
    ///
    /// - Parameters:
    ///   - tags: all that the content has from then on.
    ///   - name: under which name the content lies.
    ///   - lease: the lease that the caller holds, where somebody holds one.
    /// - Returns: *applied* without a version, *rejected* when there is no content, or *unknown*.
    /// - Throws: `invalidKey`, `keyTooLong`; `busy` while somebody else holds a lease; what the service answers.
    public func setTags(
        _ tags: BlobTags,
        of name: String,
        lease: BlobLease? = nil
    ) async throws(StoreError) -> WriteOutcome {
        try await door.enter { () async throws(StoreError) -> WriteOutcome in
            let body = Array(tags.xml.utf8)
            var call = BlobGateway.Call(
                operation: "set_tags",
                method: .put,
                blob: try blob(name),
                query: [("comp", "tags")],
                headers: ["Content-Type": "application/xml", "Content-MD5": ContentMD5.headerValue(of: body)],
                body: .bytes(body),
                // Sent again it could replace what somebody has set meanwhile.
                effect: .write,
                answers: [404, 412]
            )
            if let lease { call.headers["x-ms-lease-id"] = lease.id }
            let answer: AzureAnswer<HTTPResponse>
            do throws(AzureError) {
                answer = try await gateway.send(call)
            } catch  where error.kind == .outcomeUnknown {
                let found = try? await self.tags(ofBlob: call.blob ?? "")
                return found == tags ? .applied(nil) : .unknown(error.storeError().from(id))
            } catch {
                throw error.storeError()
            }
            switch (answer.response.status, BlobGateway.code(of: answer)) {
            case (200..<300, _): return .applied(nil)
            case (404, "ContainerNotFound"): throw BlobGateway.containerIsGone()
            case (404, _): return .rejected(.notFound)
            case (_, let code): throw BlobGateway.refusal(code)
            }
        }
    }

    /// One page of the names of contents that have all of some tags, in no order that is promised.
    ///
    /// The service's index follows writes some time later: what was just written may be missing, and what was removed may be there.
    /// It is no ground for a decision about what exists. Searching a single container is unconfirmed for real accounts.
    ///
    /// - Parameters:
    ///   - tags: at least one.
    ///   - continuation: where the page before this one ended.
    ///   - pageSize: the most names of the page, at least 1; the service gives no more than 5,000.
    /// - Throws: `invalidArgument`; `invalidContinuation` for one that is damaged or of another search; what the service answers.
    public func search(
        _ tags: BlobTags,
        after continuation: Continuation? = nil,
        pageSize: Int = 1_000
    ) async throws(StoreError) -> BlobNamePage {
        try await door.enter { () async throws(StoreError) -> BlobNamePage in
            try DocumentRules.check(pageSize: pageSize)
            guard !tags.isEmpty else { throw StoreError(.invalidArgument, "A search has at least one tag.") }
            let marker = try ListingPlace.marker(of: continuation, in: tags.search)
            let listing = try await gateway.search(tags.search, after: marker, size: pageSize)
            let prefix = configuration.prefix
            let names = listing.entries.filter { $0.name.utf8.starts(with: prefix.utf8) }
                .map { String($0.name.dropFirst(prefix.count)) }
            return BlobNamePage(
                names: names,
                continuation: listing.marker.map { ListingPlace.continuation($0, in: tags.search) }
            )
        }
    }

    private func tags(ofBlob blob: String) async throws(StoreError) -> BlobTags? {
        let call = BlobGateway.Call(
            operation: "get_tags",
            method: .get,
            blob: blob,
            query: [("comp", "tags")],
            answers: [404],
            maximumResponseBytes: 1 << 20
        )
        let response = try await gateway.answer(call)
        guard response.status != 404 else { return try BlobGateway.missing(response) }
        do throws(XMLError) {
            return try BlobTags(xml: response.body)
        } catch {
            throw StoreError(.internalInconsistency, "The service's tags are no tags; report this.", underlying: error)
        }
    }
}

/// One page of the names of contents.
public struct BlobNamePage: Sendable {
    /// A page may be empty and still have a continuation.
    public let names: [String]
    /// Where the next page begins; nil at the end.
    public let continuation: Continuation?
}
