/// What belongs to a blob beside its content: metadata, properties, tags, tier, lease.
extension BlobService {
    func setMetadata(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("w")
        let metadata = try call.metadata(rules)
        let stamp = try withBlob(call) { blob, _ throws(StorageError) -> [Field] in
            blob.metadata = self.replaced(blob.metadata, by: metadata)
            self.touch(&blob)
            return Self.stamp(etag: blob.etag, blob.lastModified)
        }
        return Response(200, headers: stamp + [Field("x-ms-request-server-encrypted", "true")])
    }

    /// New metadata takes the place of all the old.
    func replaced(_ old: [Field], by new: [Field]) -> [Field] {
        guard !rules.holds("blob.metadata-replaces") else { return new }
        return old.filter { field in !new.contains { $0.name.equalsIgnoringCase(field.name) } } + new
    }

    func setProperties(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("w")
        let properties = BlobProperties(call.request, takesPlainHeaders: false)
        let stamp = try withBlob(call) { blob, _ throws(StorageError) -> [Field] in
            blob.properties = properties
            self.touch(&blob)
            return Self.stamp(etag: blob.etag, blob.lastModified)
        }
        return Response(200, headers: stamp)
    }

    /// Tags are beside the blob: its entity tag stays.
    func setTags(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("t")
        _ = try call.checksums(rules)
        let tags = try BlobTags.body(call.request.body)
        try BlobTags.check(tags, rules)
        try withBlob(call) { blob, _ throws(StorageError) in blob.tags = tags }
        return Response(204)
    }

    func getTags(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("t")
        let blob = try find(call)
        return Response(
            200,
            headers: [Field("Content-Type", "application/xml")],
            text: "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>" + BlobTags.xml(blob.tags)
        )
    }

    func setTier(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("w")
        guard let tier = call.request.header("x-ms-access-tier") else { throw .missingHeader("x-ms-access-tier") }
        guard ["Hot", "Cool", "Cold", "Archive"].contains(tier) else { throw .invalidHeader("x-ms-access-tier") }
        try withBlob(call) { blob, _ throws(StorageError) in
            guard blob.kind == .block else { throw Self.wrongKind }
            blob.tier = tier
        }
        return Response(200)
    }

    /// A lease leaves the entity tag as it is.
    func lease(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("wd")
        let (status, headers, stamp) = try withBlob(call, checksLease: false) {
            blob,
            _ throws(StorageError) -> (Int, [Field], [Field]) in
            let (status, headers) = try blob.lease.perform(call.request, self.environment)
            if !self.rules.holds("blob.lease-keeps-etag") { blob.touch(self.environment.clock) }
            return (status, headers, Self.stamp(etag: blob.etag, blob.lastModified))
        }
        return Response(status, headers: stamp + headers)
    }
}
