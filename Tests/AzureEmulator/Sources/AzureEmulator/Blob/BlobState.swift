/// All that a storage account holds in blobs.
struct BlobAccount: Sendable {
    var containers: [String: BlobContainer] = [:]
    /// Names that cannot be taken again before these times.
    var deletedUntil: [String: Moment] = [:]
    /// The bytes of all content and of all staged blocks.
    var bytes = 0
}

/// A container and its blobs.
struct BlobContainer: Sendable {
    var etag: String
    var lastModified: Moment
    var metadata: [Field] = []
    var lease = BlobLease()
    private(set) var blobs: [ByteString: Blob] = [:]
    /// Blocks that are not committed yet.
    var staged: [ByteString: [StagedBlock]] = [:]
    /// The names of the blobs in their order, while they are known.
    private var order: [ByteString]?

    init(etag: String, lastModified: Moment, metadata: [Field]) {
        self.etag = etag
        self.lastModified = lastModified
        self.metadata = metadata
    }

    subscript(_ name: ByteString) -> Blob? {
        get { blobs[name] }
        _modify {
            let had = blobs[name] != nil
            defer { if had != (blobs[name] != nil) { order = nil } }
            yield &blobs[name]
        }
    }

    /// The names of all blobs, in the order of their bytes.
    mutating func names() -> [ByteString] {
        if let order { return order }
        let sorted = blobs.keys.sorted()
        order = sorted
        return sorted
    }

    var bytes: Int {
        blobs.values.reduce(0) { $0 + $1.content.count }
            + staged.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.bytes.count } }
    }
}

/// A block that has an identifier and waits for its commit, or is a part of a committed blob.
struct StagedBlock: Sendable {
    var identifier: String
    var bytes: [UInt8]
}

/// A blob.
struct Blob: Sendable {
    enum Kind: String, Sendable {
        case block = "BlockBlob"
        case append = "AppendBlob"
    }

    var kind: Kind
    var content = BlobContent()
    /// The blocks that a block blob was committed from; none if it was put as a whole.
    var blocks: [StagedBlock] = []
    /// How many blocks were appended.
    var appendedBlocks = 0
    var etag = ""
    var lastModified = Moment(ticks: 0)
    var created = Moment(ticks: 0)
    var properties = BlobProperties()
    var metadata: [Field] = []
    var tags: [Field] = []
    var lease = BlobLease()
    var isSealed = false
    var tier: String?

    init(kind: Kind) { self.kind = kind }

    /// Gives it a new entity tag and time.
    mutating func touch(_ clock: Clock) {
        lastModified = clock.tick()
        etag = Self.etag(lastModified)
    }

    /// An entity tag as the service makes it: the ticks since the year 1 in hexadecimal digits.
    static func etag(_ moment: Moment) -> String {
        "\"0x" + String(moment.ticks + 621_355_968_000_000_000, radix: 16, uppercase: true) + "\""
    }
}

/// The headers of content that a blob keeps.
struct BlobProperties: Sendable {
    var type = "application/octet-stream"
    var encoding: String?
    var language: String?
    var md5: String?
    var cacheControl: String?
    var disposition: String?

    init() {}

    /// Those that a request sets. Only a whole put takes the plain `Content-...` headers for them, too.
    init(_ request: Request, takesPlainHeaders: Bool) {
        func value(_ name: String, _ plain: String) -> String? {
            request.header("x-ms-blob-" + name) ?? (takesPlainHeaders ? request.header(plain) : nil)
        }
        type = value("content-type", "Content-Type") ?? "application/octet-stream"
        encoding = value("content-encoding", "Content-Encoding")
        language = value("content-language", "Content-Language")
        md5 = request.header("x-ms-blob-content-md5")
        cacheControl = value("cache-control", "Cache-Control")
        disposition = request.header("x-ms-blob-content-disposition")
    }
}
