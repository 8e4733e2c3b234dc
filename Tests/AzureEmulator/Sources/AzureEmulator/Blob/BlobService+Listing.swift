import Synchronization

/// Listings and searches, in XML as the service writes it.
extension BlobService {
    /// What a page of a listing contains.
    private struct Page: Sendable {
        enum Entry: Sendable {
            case blob(ByteString, Blob?)
            case prefix(ByteString)
        }

        var entries: [Entry] = []
        var next: ByteString?
    }

    func listBlobs(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("l")
        let request = call.request
        let maximum = try Self.maximumResults(request)
        let marker = try Self.marker(request)
        let include = Set((request.parameter("include") ?? "").split(separator: ",").map { $0.trimmed.lowercased() })
        let delimiter = rules.holds("blob.list-delimiter") ? request.parameter("delimiter") ?? "" : ""
        let (page, isEmptyPage) = try state.withLock { state throws(StorageError) -> (Page, Bool) in
            let name = call.container ?? ""
            if call.isSecondary, state.secondary != nil {
                guard state.secondary?.containers[name] != nil else { throw Self.containerNotFound }
                return (
                    self.page(&state.secondary!.containers[name]!, request, marker?.name, delimiter, maximum, include),
                    false
                )
            }
            guard state.account.containers[name] != nil else { throw Self.containerNotFound }
            if state.settings.sendsEmptyPages, marker?.cameFromEmptyPage != true {
                return (Page(next: marker?.name ?? ByteString("")), true)
            }
            return (
                self.page(&state.account.containers[name]!, request, marker?.name, delimiter, maximum, include), false
            )
        }
        let origin = request.origin + "/\(environment.accounts.storageName)/"
        var text = Self.listingHead(origin, container: call.container)
        if !rules.holds("blob.list-bom") { text.unicodeScalars.removeFirst() }
        text += XML.element("Prefix", request.parameter("prefix")) + XML.element("Marker", request.parameter("marker"))
        text += "<MaxResults>\(maximum)</MaxResults>"
        if !delimiter.isEmpty { text += XML.element("Delimiter", delimiter) }
        text += "<Blobs>"
        for entry in page.entries {
            switch entry {
            case .prefix(let prefix): text += "<BlobPrefix>\(Self.nameElement(prefix.text))</BlobPrefix>"
            case .blob(let name, let blob): text += element(name.text, blob, include)
            }
        }
        let next = page.next.map { Self.marker($0, cameFromEmptyPage: isEmptyPage) }
        text += "</Blobs>" + XML.element("NextMarker", rules.holds("blob.list-marker") ? next : nil)
        return Response(200, headers: [Field("Content-Type", "application/xml")], text: text + "</EnumerationResults>")
    }

    private func page(
        _ container: inout BlobContainer,
        _ request: Request,
        _ marker: ByteString?,
        _ delimiter: String,
        _ maximum: Int,
        _ include: Set<String>
    ) -> Page {
        var names = container.names()
        if include.contains("uncommittedblobs") {
            names = (names + container.staged.keys.filter { container[$0] == nil }).sorted()
        }
        if !rules.holds("blob.list-order") { names.reverse() }
        let prefix = ByteString(rules.holds("blob.list-prefix") ? request.parameter("prefix") ?? "" : "")
        let delimiter = Array(delimiter.utf8)
        var page = Page()
        var index = rules.holds("blob.list-order") ? Self.first(names, from: max(prefix, marker ?? prefix)) : 0
        while index < names.count {
            let name = names[index]
            guard name.hasPrefix(prefix) else {
                if rules.holds("blob.list-order") { break }
                index += 1
                continue
            }
            if page.entries.count == maximum {
                page.next = name
                break
            }
            let rest = name.bytes.dropFirst(prefix.bytes.count)
            if !delimiter.isEmpty, let found = rest.firstRange(of: delimiter) {
                let group = ByteString(String(decoding: name.bytes[..<found.upperBound], as: UTF8.self))
                page.entries.append(.prefix(group))
                while index < names.count, names[index].hasPrefix(group) { index += 1 }
            } else {
                page.entries.append(.blob(name, container[name]))
                index += 1
            }
        }
        return page
    }

    /// The first place in sorted names that is not before a name.
    private static func first(_ names: [ByteString], from name: ByteString) -> Int {
        var low = 0
        var high = names.count
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func element(_ name: String, _ blob: Blob?, _ include: Set<String>) -> String {
        var text = "<Blob>" + Self.nameElement(name) + "<Properties>"
        if let blob {
            text += XML.element("Creation-Time", blob.created.rfc1123)
            text += XML.element("Last-Modified", blob.lastModified.rfc1123)
            // Without the quotes that the header has.
            text += "<Etag>\(blob.etag.dropFirst().dropLast())</Etag>"
        }
        text += "<Content-Length>\(blob?.content.count ?? 0)</Content-Length>"
        text += XML.element("Content-Type", blob?.properties.type)
        text += XML.element("Content-Encoding", blob?.properties.encoding)
        text += XML.element("Content-Language", blob?.properties.language) + "<Content-CRC64 />"
        text += XML.element("Content-MD5", blob?.properties.md5)
        text += XML.element("Cache-Control", blob?.properties.cacheControl)
        text += XML.element("Content-Disposition", blob?.properties.disposition)
        text += XML.element("BlobType", blob?.kind.rawValue ?? "BlockBlob")
        if let blob, blob.kind == .block {
            text += XML.element("AccessTier", blob.tier ?? "Hot")
            if blob.tier == nil { text += "<AccessTierInferred>true</AccessTierInferred>" }
        }
        if let blob {
            text += Self.leaseElements(blob.lease.headers(environment))
            if blob.isSealed { text += "<Sealed>true</Sealed>" }
            if !blob.tags.isEmpty { text += "<TagCount>\(blob.tags.count)</TagCount>" }
        }
        text += "<ServerEncrypted>true</ServerEncrypted></Properties>"
        if include.contains("metadata") { text += Self.metadataElement(blob?.metadata ?? []) }
        if include.contains("tags"), let tags = blob?.tags, !tags.isEmpty { text += BlobTags.xml(tags) }
        return text + "<OrMetadata /></Blob>"
    }

    /// Finds blobs by their tags. Here at once; the service's index lags behind.
    func search(_ call: BlobCall, _ grant: StorageGrant, container: String?) throws(StorageError) -> Response {
        try grant.demand("lf")
        let text = call.request.parameter("where") ?? ""
        guard let expression = BlobTagExpression(text) else { throw .invalidQuery("where") }
        let containers = state.withLock { $0.account.containers }
        var body = Self.listingHead(call.request.origin + "/\(environment.accounts.storageName)/", container: nil)
        body += XML.element("Where", text) + "<Blobs>"
        for name in containers.keys.sorted() where container == nil || container == name {
            guard var found = containers[name] else { continue }
            for blobName in found.names() {
                guard let blob = found[blobName], expression.isTrue(of: blob.tags, container: name) else { continue }
                guard !blob.tags.isEmpty else { continue }
                body += "<Blob>" + Self.nameElement(blobName.text) + XML.element("ContainerName", name)
                body += BlobTags.xml(blob.tags) + "</Blob>"
            }
        }
        return Response(
            200,
            headers: [Field("Content-Type", "application/xml")],
            text: body + "</Blobs><NextMarker /></EnumerationResults>"
        )
    }
}

// MARK: - Pieces of listings

extension BlobService {
    static func listingHead(_ endpoint: String, container: String?) -> String {
        let attribute = container.map { " ContainerName=\"\(XML.escape($0))\"" } ?? ""
        return "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>"
            + "<EnumerationResults ServiceEndpoint=\"\(XML.escape(endpoint))\"\(attribute)>"
    }

    static func maximumResults(_ request: Request) throws(StorageError) -> Int {
        guard let text = request.parameter("maxresults") else { return 5_000 }
        guard let value = Int(text), value > 0 else {
            throw StorageError(
                400,
                "OutOfRangeQueryParameterValue",
                "One of the query parameters is outside its permissible range."
            )
        }
        return min(value, 5_000)
    }

    static func metadataElement(_ metadata: [Field]) -> String {
        guard !metadata.isEmpty else { return "<Metadata />" }
        return "<Metadata>" + metadata.map { XML.element($0.name, $0.value) }.joined() + "</Metadata>"
    }

    static func leaseElements(_ headers: [Field]) -> String {
        let names = [
            "x-ms-lease-status": "LeaseStatus", "x-ms-lease-state": "LeaseState",
            "x-ms-lease-duration": "LeaseDuration",
        ]
        return headers.map { XML.element(names[$0.name] ?? $0.name, $0.value) }.joined()
    }

    /// A name that XML cannot hold is percent-encoded.
    static func nameElement(_ name: String) -> String {
        guard XML.canHold(name) else { return "<Name Encoded=\"true\">\(Percent.encode(name, keeping: "/"))</Name>" }
        return XML.element("Name", name)
    }

    /// A marker: opaque to clients, the next name inside.
    static func marker(_ next: ByteString, cameFromEmptyPage: Bool) -> String {
        let text = Base64.encode([cameFromEmptyPage ? 0x45 : 0x4E] + next.bytes)
        return "2!\(text.utf8.count)!\(text)"
    }

    static func marker(_ request: Request) throws(StorageError) -> (name: ByteString, cameFromEmptyPage: Bool)? {
        guard let text = request.parameter("marker"), !text.isEmpty else { return nil }
        let parts = text.split(separator: "!")
        guard parts.count == 3, parts[0] == "2", let bytes = Base64.decode(parts[2]), let flag = bytes.first else {
            throw .invalidQuery("marker")
        }
        return (ByteString(String(decoding: bytes.dropFirst(), as: UTF8.self)), flag == 0x45)
    }
}
