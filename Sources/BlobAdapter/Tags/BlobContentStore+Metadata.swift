internal import CutoverAzureTransport
public import MigrationCore

extension BlobContentStore {
    /// Replaces what is noted about a content, which makes a version of it; the bytes stay as they are.
    ///
    /// - Parameters:
    ///   - metadata: names of letters, digits and `_`, texts of printable ASCII, up to 8 KiB together.
    ///   - name: under which name the content lies.
    ///   - tag: the version that it must have; nil for any.
    ///   - lease: the lease that the caller holds, where somebody holds one.
    /// - Returns: *applied* with the version, *rejected* when there is no content or it has another version, or *unknown*.
    /// - Throws: `invalidArgument`, `invalidKey`, `keyTooLong`; `busy` while somebody else holds a lease, or other writers were
    ///   first each time; what the service answers.
    public func setMetadata(
        _ metadata: [String: String],
        of name: String,
        ifMatches tag: ETag? = nil,
        lease: BlobLease? = nil
    ) async throws(StoreError) -> WriteOutcome {
        try await door.enter { () async throws(StoreError) -> WriteOutcome in
            let blob = try self.blob(name)
            var call = BlobGateway.Call(
                operation: "set_metadata",
                method: .put,
                blob: blob,
                query: [("comp", "metadata")]
            )
            for (field, value) in try BlobContentOptions.fields(of: metadata) { call.headers[field] = value }
            if let lease { call.headers["x-ms-lease-id"] = lease.id }
            if let tag, !BlobTag.isPossible(tag.text) { return try await gateway.mismatch(blob) }
            // Under a version that was read, so that it can be sent again.
            return try await ContendedWrite(
                timeline: environment.timeline,
                deadline: configuration.deadline,
                random: environment.random
            ).run(nil) { () async throws(StoreError) -> WriteOutcome? in
                var version = tag
                if version == nil { version = try await gateway.properties(blob, nil)?.tag }
                guard let version else { return .rejected(.notFound) }
                let end = try await gateway.write(
                    call,
                    .version(version),
                    stamp: environment.random.stamp(),
                    store: id
                )
                if let outcome = end.outcome { return outcome }
                return tag == nil ? nil : try await gateway.mismatch(blob)
            }
        }
    }
}
