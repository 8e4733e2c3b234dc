internal import CutoverAzureTransport
public import MigrationCore

/// What a blob of binary content is, without its bytes.
public struct BlobContent: Sendable, Hashable {
    /// The name under which it was written.
    public let name: String
    /// How many bytes it has.
    public let byteCount: Int
    /// Its version.
    public let etag: ETag
    /// What it holds, as a media type such as `image/png`.
    public let type: String
    /// The MD5 checksum of all its bytes, where its writer left one: 16 bytes.
    public let md5: [UInt8]?
    /// What its writer noted about it. Names are in lower case, because the service does not tell capitals from small letters.
    public let metadata: [String: String]

    /// The field of the metadata that belongs to the store.
    private static let stamp = "cutoverwrite"

    init(_ name: String, _ headers: HTTPHeaders, byteCount: Int) throws(StoreError) {
        self.name = name
        self.byteCount = byteCount
        etag = try BlobGateway.tag(of: HTTPResponse(status: 200, headers: headers))
        type = headers["Content-Type"] ?? ""
        // Of a range, Content-MD5 is the range's own.
        let whole = headers["x-ms-blob-content-md5"] ?? (headers["Content-Range"] == nil ? headers["Content-MD5"] : nil)
        md5 = whole.flatMap(Base64.bytes)
        var metadata: [String: String] = [:]
        for field in headers.fields {
            let fieldName = field.name.lowercased()
            guard fieldName.hasPrefix("x-ms-meta-"), fieldName != BlobGateway.stampField else { continue }
            metadata[String(fieldName.dropFirst("x-ms-meta-".count))] = field.value
        }
        self.metadata = metadata
    }

    init(_ name: String, _ entry: BlobListing.Entry) {
        self.name = name
        byteCount = entry.byteCount
        etag = ETag(entry.etag)
        type = entry.type
        md5 = entry.md5.flatMap { $0.isEmpty ? nil : Base64.bytes($0) }
        metadata = entry.metadata.filter { $0.key != Self.stamp }
    }
}

/// How binary content is written.
public struct BlobContentOptions: Sendable {
    /// What it holds, as a media type. Default `application/octet-stream`.
    public var type = "application/octet-stream"
    /// What to note about it: names of letters, digits and `_`, texts of printable ASCII, up to 8 KiB together. Default: nothing.
    public var metadata: [String: String] = [:]
    /// By what it can be searched, see ``BlobContentStore/search(_:after:pageSize:)``. Default: nothing. A write replaces all tags.
    public var tags = BlobTags()
    /// When it may be written. Default: always.
    public var condition = WriteCondition.upsert
    /// The lease that the writer holds. Default: none; the write is refused while anybody holds one.
    public var lease: BlobLease?

    /// Makes options with the defaults.
    public init() {}

    /// All but the condition, as fields of the last request.
    ///
    /// - Throws: `invalidArgument` for what the service would refuse or change.
    func fields() throws(StoreError) -> [(String, String)] {
        var fields = try Self.fields(of: metadata)
        if !tags.isEmpty { fields.append(("x-ms-tags", tags.field)) }
        if let lease { fields.append(("x-ms-lease-id", lease.id)) }
        guard type.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }), type.utf8.count <= 256 else {
            throw StoreError(.invalidArgument, "The type of the content is no media type of printable ASCII.")
        }
        return fields
    }

    /// Metadata as fields.
    ///
    /// - Throws: `invalidArgument` for what the service would refuse or change.
    static func fields(of metadata: [String: String]) throws(StoreError) -> [(String, String)] {
        var bytes = 0
        for (name, value) in metadata {
            bytes += name.utf8.count + value.utf8.count
            let isText = value.utf8.allSatisfy { (0x20..<0x7F).contains($0) } && value.first != " " && value.last != " "
            guard Self.isName(name), isText else {
                throw StoreError(
                    .invalidArgument,
                    "A name of metadata has letters, digits and _ and no digit in front; its text is printable ASCII without spaces at its ends."
                )
            }
        }
        guard Set(metadata.keys.map { $0.lowercased() }).count == metadata.count, bytes <= 8 << 10 else {
            throw StoreError(
                .invalidArgument,
                "Names of metadata differ in more than capitals, and all of it has up to 8 KiB."
            )
        }
        return metadata.sorted { $0.key < $1.key }.map { ("x-ms-meta-\($0.key)", $0.value) }
    }

    private static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.lowercased() != "cutoverwrite" else { return false }
        return name.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
    }
}

/// One page of a listing of contents.
public struct BlobContentPage: Sendable {
    /// In the order of the names. A page may be empty and still have a continuation.
    public let contents: [BlobContent]
    /// Where the next page begins; nil at the end.
    public let continuation: Continuation?
}
