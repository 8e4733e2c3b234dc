/// The version of one stored document: an opaque text that never repeats, not even when the same bytes are written again.
public struct ETag: Sendable, Hashable, CustomStringConvertible {
    private enum Source: Sendable {
        case text(String)
        case content(Document, prefix: String)
    }

    private let source: Source

    /// The text as the store gave it, without change.
    public var text: String {
        switch source {
        case .text(let text): text
        case .content(let document, let prefix): prefix + document.canonicalDigest(Self.contentDigest).description
        }
    }

    /// Takes the text of a tag.
    public init(_ text: String) { source = .text(text) }

    /// Makes the tag of a body that its store has no version for: the digest of all its bytes.
    ///
    /// It is computed when it is asked for, which a copy of a whole collection never does.
    package init(contentOf document: Document, prefix: String) { source = .content(document, prefix: prefix) }

    private static let contentDigest = DigestOptions(excludedFields: [])

    public static func == (a: ETag, b: ETag) -> Bool { a.text == b.text }

    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    public var description: String { text }
}

/// A document as a store holds it.
public struct StoredDocument: Sendable, Hashable {
    /// Where it is stored.
    public let key: DocumentKey
    /// The body, exactly as it was written.
    public let document: Document
    /// Its version.
    public let etag: ETag
    /// When it vanishes by itself; `nil` when it does not.
    public let expiresAt: WallTime?

    /// Makes one; adapters call this.
    public init(key: DocumentKey, document: Document, etag: ETag, expiresAt: WallTime? = nil) {
        self.key = key
        self.document = document
        self.etag = etag
        self.expiresAt = expiresAt
    }
}

/// Something that is stored under a key and is no valid document, such as a row that another program damaged.
public struct UnreadableDocument: Sendable {
    /// Its key, when that could be read.
    public let key: DocumentKey?
    /// The bytes as they are stored.
    public let bytes: [UInt8]
    /// Why they do not parse.
    public let error: DocumentError

    /// Makes one; adapters call this.
    public init(key: DocumentKey?, bytes: [UInt8], error: DocumentError) {
        self.key = key
        self.bytes = bytes
        self.error = error
    }
}
