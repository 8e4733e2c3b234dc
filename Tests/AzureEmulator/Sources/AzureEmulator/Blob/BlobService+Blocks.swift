/// Blocks that are staged and committed, and blocks that are appended.
extension BlobService {
    func stage(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        let request = call.request
        try grant.demand("wc")
        guard let identifier = request.parameter("blockid"), let decoded = Base64.decode(identifier),
            (1...64).contains(decoded.count)
        else { throw .invalidQuery("blockid") }
        guard !request.body.isEmpty else { throw .invalidHeader("Content-Length") }
        let checksums = try call.checksums(rules)
        let name = call.blob ?? ByteString("")
        try withContainer(call) { container, bytes throws(StorageError) in
            if var blob = container[name] {
                guard blob.kind == .block else { throw Self.wrongKind }
                try blob.lease.guardWrite(request, self.environment)
            }
            let known = container.staged[name]?.first?.identifier ?? container[name]?.blocks.first?.identifier
            if let known, Base64.decode(known)?.count != decoded.count, self.rules.holds("blob.block-length") {
                throw StorageError(
                    400,
                    "InvalidBlobOrBlock",
                    "The specified blob or block content is invalid: lengths of block identifiers differ."
                )
            }
            let block = StagedBlock(identifier: identifier, bytes: request.body)
            bytes += block.bytes.count
            if let index = container.staged[name]?.firstIndex(where: { $0.identifier == identifier }) {
                bytes -= container.staged[name]?[index].bytes.count ?? 0
                container.staged[name]?[index] = block
            } else {
                guard (container.staged[name]?.count ?? 0) < 100_000 else {
                    throw StorageError(
                        409,
                        "BlockCountExceedsLimit",
                        "The uncommitted block count cannot exceed 100,000."
                    )
                }
                container.staged[name, default: []].append(block)
            }
        }
        return Response(201, headers: checksums + [Field("x-ms-request-server-encrypted", "true")])
    }

    func commit(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        let request = call.request
        try grant.demand("wc")
        let checksums = try call.checksums(rules)
        guard let document = XML.parse(request.body), document.name == "BlockList" else {
            throw StorageError(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")
        }
        guard document.children.count <= 50_000 else {
            throw StorageError(400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.")
        }
        let name = call.blob ?? ByteString("")
        var blob = Blob(kind: .block)
        blob.properties = BlobProperties(request, takesPlainHeaders: false)
        blob.metadata = try call.metadata(rules)
        blob.tags = try call.tags(rules)
        blob.tier = request.header("x-ms-access-tier")
        let made = try withContainer(call) { [blob] container, bytes throws(StorageError) -> Blob in
            let existing = container[name]
            if existing?.kind == .append { throw Self.wrongKind }
            try BlobConditions(request: request, rules: self.rules).check(existing, isRead: false)
            if existing != nil { try grant.demand("w") }
            var blob = blob
            blob.lease = existing?.lease ?? BlobLease()
            try blob.lease.guardWrite(request, self.environment)
            let staged = container.staged[name] ?? []
            try self.assemble(&blob, document, staged: staged, committed: existing?.blocks ?? [])
            bytes += blob.content.count - (existing?.content.count ?? 0)
            if self.rules.holds("blob.block-discard") {
                bytes -= staged.reduce(0) { $0 + $1.bytes.count }
                container.staged[name] = nil
            }
            blob.touch(self.environment.clock)
            blob.created = existing?.created ?? blob.lastModified
            container[name] = blob
            return blob
        }
        var headers = Self.stamp(etag: made.etag, made.lastModified)
        headers += checksums.filter { $0.name != "Content-MD5" }
        return Response(201, headers: headers + [Field("x-ms-request-server-encrypted", "true")])
    }

    /// Fills a blob with the blocks that a list names, in the order of the list.
    private func assemble(
        _ blob: inout Blob,
        _ list: XML,
        staged: [StagedBlock],
        committed: [StagedBlock]
    ) throws(StorageError) {
        let new = Dictionary(staged.map { ($0.identifier, $0) }, uniquingKeysWith: { _, last in last })
        let old = Dictionary(committed.map { ($0.identifier, $0) }, uniquingKeysWith: { _, last in last })
        for element in list.children {
            let identifier = element.text.trimmed
            let block: StagedBlock? =
                switch element.name {
                case "Latest": new[identifier] ?? old[identifier]
                case "Uncommitted": new[identifier]
                case "Committed": old[identifier]
                default: nil
                }
            if let block {
                blob.blocks.append(block)
            } else if rules.holds("blob.block-missing") {
                throw StorageError(400, "InvalidBlockList", "The specified block list is invalid.")
            }
        }
        if !rules.holds("blob.block-order") { blob.blocks.sort { $0.identifier < $1.identifier } }
        for block in blob.blocks { blob.content.append(block.bytes) }
    }

    func blockList(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("r")
        let name = call.blob ?? ByteString("")
        let type = call.request.parameter("blocklisttype")?.lowercased() ?? "committed"
        guard ["committed", "uncommitted", "all"].contains(type) else { throw .invalidQuery("blocklisttype") }
        let (blob, staged) = try withContainer(call) { container, _ throws(StorageError) -> (Blob?, [StagedBlock]) in
            (container[name], container.staged[name] ?? [])
        }
        guard blob != nil || !staged.isEmpty else { throw Self.blobNotFound }
        if blob?.kind == .append { throw Self.wrongKind }
        func xml(_ blocks: [StagedBlock]) -> String {
            blocks.map { "<Block><Name>\($0.identifier)</Name><Size>\($0.bytes.count)</Size></Block>" }.joined()
        }
        var text = "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>"
        if type != "uncommitted" { text += "<CommittedBlocks>\(xml(blob?.blocks ?? []))</CommittedBlocks>" }
        if type != "committed" { text += "<UncommittedBlocks>\(xml(staged))</UncommittedBlocks>" }
        var headers = [
            Field("Content-Type", "application/xml"),
            Field("x-ms-blob-content-length", String(blob?.content.count ?? 0)),
        ]
        if let blob { headers += Self.stamp(etag: blob.etag, blob.lastModified) }
        return Response(200, headers: headers, text: text + "</BlockList>")
    }

    func append(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        let request = call.request
        try grant.demand("aw")
        let maximum = (request.header("x-ms-version") ?? "") >= "2022-11-02" ? 100 << 20 : 4 << 20
        guard request.body.count <= maximum else {
            throw StorageError(
                413,
                "RequestBodyTooLarge",
                "The request body is too large and exceeds the maximum permissible limit."
            )
        }
        guard !request.body.isEmpty else { throw .invalidHeader("Content-Length") }
        let checksums = try call.checksums(rules)
        let position = try Self.number(request, "x-ms-blob-condition-appendpos")
        let maximumSize = try Self.number(request, "x-ms-blob-condition-maxsize")
        let (offset, blocks, stamp) = try withBlob(call) { blob, bytes throws(StorageError) -> (Int, Int, [Field]) in
            guard blob.kind == .append else {
                if self.rules.holds("blob.append-type") { throw Self.wrongKind }
                return (0, 0, [])
            }
            guard !blob.isSealed else {
                throw StorageError(
                    409,
                    "BlobIsSealed",
                    "The specified blob is sealed and its contents can't be modified."
                )
            }
            let offset = blob.content.count
            if let maximumSize, offset + request.body.count > maximumSize, self.rules.holds("blob.append-maximum-size")
            {
                throw StorageError(
                    412,
                    "MaxBlobSizeConditionNotMet",
                    "The max blob size condition specified was not met."
                )
            }
            if let position, position != offset, self.rules.holds("blob.append-position") {
                throw StorageError(
                    412,
                    "AppendPositionConditionNotMet",
                    "The append position condition specified was not met."
                )
            }
            guard blob.appendedBlocks < 50_000 else {
                throw StorageError(409, "BlockCountExceedsLimit", "The committed block count cannot exceed 50,000.")
            }
            blob.content.append(request.body)
            blob.appendedBlocks += 1
            bytes += request.body.count
            self.touch(&blob)
            return (offset, blob.appendedBlocks, Self.stamp(etag: blob.etag, blob.lastModified))
        }
        return Response(
            201,
            headers: stamp + checksums + [
                Field("x-ms-blob-append-offset", String(offset)),
                Field("x-ms-blob-committed-block-count", String(blocks)),
                Field("x-ms-request-server-encrypted", "true"),
            ]
        )
    }

    func seal(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("w")
        let position = try Self.number(call.request, "x-ms-blob-condition-appendpos")
        let stamp = try withBlob(call) { blob, _ throws(StorageError) -> [Field] in
            guard blob.kind == .append else { throw Self.wrongKind }
            if let position, position != blob.content.count {
                throw StorageError(
                    412,
                    "AppendPositionConditionNotMet",
                    "The append position condition specified was not met."
                )
            }
            blob.isSealed = true
            self.touch(&blob)
            return Self.stamp(etag: blob.etag, blob.lastModified)
        }
        return Response(200, headers: stamp + [Field("x-ms-blob-sealed", "true")])
    }

    /// Gives a blob its new entity tag.
    func touch(_ blob: inout Blob) {
        let etag = blob.etag
        blob.touch(environment.clock)
        if !rules.holds("blob.etag-changes") { blob.etag = etag }
    }

    static let wrongKind = StorageError(409, "InvalidBlobType", "The blob type is invalid for this operation.")

    private static func number(_ request: Request, _ name: String) throws(StorageError) -> Int? {
        guard let text = request.header(name) else { return nil }
        guard let value = Int(text), value >= 0 else { throw .invalidHeader(name) }
        return value
    }
}
