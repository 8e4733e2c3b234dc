/// Whole blobs: put, get, head, delete.
extension BlobService {
    func put(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        let request = call.request
        try grant.demand("wc")
        guard let kindName = request.header("x-ms-blob-type") else { throw .missingHeader("x-ms-blob-type") }
        guard let kind = Blob.Kind(rawValue: kindName) else { throw .invalidHeader("x-ms-blob-type") }
        guard kind == .block || request.body.isEmpty else { throw .invalidHeader("Content-Length") }
        let name = call.blob ?? ByteString("")
        guard (1...1_024).contains(name.text.utf16.count) else {
            throw StorageError(
                400,
                "InvalidResourceName",
                "The specified resource name contains invalid characters or is too long."
            )
        }
        let checksums = try call.checksums(rules)
        var blob = Blob(kind: kind)
        blob.properties = BlobProperties(request, takesPlainHeaders: true)
        if kind == .block {
            blob.content = BlobContent(request.body)
            blob.properties.md5 = blob.properties.md5 ?? Base64.encode(Signing.md5(request.body))
        }
        blob.metadata = try call.metadata(rules)
        blob.tags = try call.tags(rules)
        blob.tier = request.header("x-ms-access-tier")
        let made = try withContainer(call) { [blob] container, bytes throws(StorageError) -> Blob in
            let existing = container[name]
            try BlobConditions(request: request, rules: self.rules).check(existing, isRead: false)
            if existing != nil { try grant.demand("w") }
            var blob = blob
            blob.lease = existing?.lease ?? BlobLease()
            try blob.lease.guardWrite(request, self.environment)
            blob.touch(self.environment.clock)
            if let existing, !self.rules.holds("blob.etag-changes") { blob.etag = existing.etag }
            blob.created = blob.lastModified
            bytes += blob.content.count - (existing?.content.count ?? 0)
            bytes -= (container.staged.removeValue(forKey: name) ?? []).reduce(0) { $0 + $1.bytes.count }
            container[name] = blob
            return blob
        }
        var headers = Self.stamp(etag: made.etag, made.lastModified) + checksums
        if kind == .block, request.header("Content-MD5") == nil {
            headers.append(Field("Content-MD5", Base64.encode(Signing.md5(request.body))))
        }
        headers.append(Field("x-ms-request-server-encrypted", "true"))
        return Response(201, headers: headers)
    }

    func get(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("r")
        let blob = try find(call)
        if blob.tier == "Archive" {
            throw StorageError(409, "BlobArchived", "This operation is not permitted on an archived blob.")
        }
        let request = call.request
        let count = blob.content.count
        var headers = describe(blob)
        guard let text = request.header("x-ms-range") ?? request.header("Range"), rules.holds("blob.range"),
            let range = try Self.range(text, count: count, rules)
        else {
            if let md5 = blob.properties.md5 { headers.append(Field("Content-MD5", md5)) }
            return Response(200, headers: headers, body: blob.content.bytes(0..<count))
        }
        let bytes = blob.content.bytes(range)
        headers.append(Field("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(count)"))
        if let md5 = blob.properties.md5 { headers.append(Field("x-ms-blob-content-md5", md5)) }
        if request.header("x-ms-range-get-content-md5")?.lowercased() == "true" {
            guard range.count <= 4 << 20 else { throw .invalidHeader("x-ms-range-get-content-md5") }
            headers.append(Field("Content-MD5", Base64.encode(Signing.md5(bytes))))
        }
        if request.header("x-ms-range-get-content-crc64")?.lowercased() == "true" {
            guard range.count <= 4 << 20 else { throw .invalidHeader("x-ms-range-get-content-crc64") }
            headers.append(Field("x-ms-content-crc64", CRC64.header(bytes)))
        }
        return Response(206, headers: headers, body: bytes)
    }

    /// The range of `bytes=a-b` or `bytes=a-`; nil for a header that is no range, which is passed over.
    private static func range(_ text: String, count: Int, _ rules: Rules) throws(StorageError) -> Range<Int>? {
        guard text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int(ends[0]) else { return nil }
        let last = ends[1].isEmpty ? count - 1 : Int(ends[1]) ?? -1
        guard first < count, last >= first else {
            // Without the rule everything is sent.
            guard rules.holds("blob.range-invalid") else { return nil }
            throw StorageError(
                416,
                "InvalidRange",
                "The range specified is invalid for the current size of the resource.",
                headers: [Field("Content-Range", "bytes */\(count)")]
            )
        }
        return first..<(min(last, count - 1) + 1)
    }

    func head(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("r")
        let blob = try find(call)
        var headers = describe(blob)
        if let md5 = blob.properties.md5 { headers.append(Field("Content-MD5", md5)) }
        if call.component.isEmpty { headers.append(Field("Content-Length", String(blob.content.count))) }
        return Response(200, headers: headers)
    }

    /// The headers that describe a blob.
    private func describe(_ blob: Blob) -> [Field] {
        var headers = Self.stamp(etag: blob.etag, blob.lastModified)
        headers += [
            Field("Content-Type", blob.properties.type), Field("Accept-Ranges", "bytes"),
            Field("x-ms-blob-type", blob.kind.rawValue), Field("x-ms-creation-time", blob.created.rfc1123),
            Field("x-ms-server-encrypted", "true"),
        ]
        let optional = [
            ("Content-Encoding", blob.properties.encoding), ("Content-Language", blob.properties.language),
            ("Cache-Control", blob.properties.cacheControl), ("Content-Disposition", blob.properties.disposition),
        ]
        for case (let name, let value?) in optional { headers.append(Field(name, value)) }
        headers += blob.lease.headers(environment)
        if blob.kind == .append {
            headers.append(Field("x-ms-blob-committed-block-count", String(blob.appendedBlocks)))
            if blob.isSealed { headers.append(Field("x-ms-blob-sealed", "true")) }
        } else {
            headers.append(Field("x-ms-access-tier", blob.tier ?? "Hot"))
            if blob.tier == nil { headers.append(Field("x-ms-access-tier-inferred", "true")) }
        }
        if !blob.tags.isEmpty { headers.append(Field("x-ms-tag-count", String(blob.tags.count))) }
        return headers + blob.metadata.map { Field("x-ms-meta-" + $0.name, $0.value) }
    }

    func delete(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("d")
        try withContainer(call) { container, bytes throws(StorageError) in
            let name = call.blob ?? ByteString("")
            let conditions = BlobConditions(request: call.request, rules: self.rules)
            guard var blob = container[name] else {
                if call.request.header("If-Match") != nil { try conditions.check(nil, isRead: false) }
                throw Self.blobNotFound
            }
            try conditions.check(blob, isRead: false)
            try blob.lease.guardWrite(call.request, self.environment)
            bytes -= blob.content.count
            container[name] = nil
        }
        return Response(202, headers: [Field("x-ms-delete-type-permanent", "true")])
    }
}
