import CutoverAzureTransport
import MigrationCore

/// A request as the fake reads it.
struct FakeCall {
    let request: HTTPRequest
    /// The name of the blob, decoded; nil for the container.
    let blob: BlobName?

    init(_ request: HTTPRequest) {
        self.request = request
        let parts = request.url.percentEncodedPath.split(separator: "/", maxSplits: 2)
        blob = parts.count == 3 ? HTTPURL.percentDecoded(parts[2]).map { BlobName(text: $0) } : nil
    }

    var headers: HTTPHeaders { request.headers }

    var bytes: [UInt8] { if case .bytes(let bytes) = request.body { bytes } else { [] } }

    /// A part of the query.
    subscript(name: String) -> String? {
        request.url.query.first { $0.name == name }?.value.flatMap { HTTPURL.percentDecoded($0) }
    }

    /// What is stored beside the bytes.
    func stored(type: String) -> HTTPHeaders {
        var stored = HTTPHeaders(headers.fields.filter { $0.name.hasPrefix("x-ms-meta-") })
        stored["Content-Type"] = headers[type] ?? "application/octet-stream"
        if let md5 = headers["x-ms-blob-content-md5"] { stored["x-ms-blob-content-md5"] = md5 }
        return stored
    }

    /// The answer where a condition does not hold.
    func refusal(of blob: FakeBlobs.Blob?) -> HTTPResponse? {
        if headers["If-None-Match"] == "*", blob != nil { return FakeBlobs.refusal(409, "BlobAlreadyExists") }
        if let tag = headers["If-Match"], tag != blob?.etag { return FakeBlobs.refusal(412, "ConditionNotMet") }
        return nil
    }

    var range: Range<Int>? {
        guard let text = headers["x-ms-range"], text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        return ends.count == 2 ? ends[0]..<(ends[1] + 1) : nil
    }

    /// The ids in a list of blocks.
    var blockIDs: [String] {
        guard var reader = try? XMLReader(bytes), (try? reader.openRoot()) == "BlockList" else { return ["?"] }
        var ids: [String] = []
        while let name = try? reader.nextChild() {
            guard name == "Latest", let id = try? reader.text() else { return ["?"] }
            ids.append(id)
        }
        return ids
    }
}

/// The name of a blob. The service compares names byte by byte, which Swift's texts do not.
struct BlobName: Hashable, ExpressibleByStringLiteral {
    let text: String

    init(text: String) { self.text = text }

    init(stringLiteral text: String) { self.text = text }

    func hasPrefix(_ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    static func == (a: BlobName, b: BlobName) -> Bool { a.text.hasSameUTF8(as: b.text) }

    func hash(into hasher: inout Hasher) { hasher.combineUTF8(of: text) }
}
