public import MigrationCore

/// One content to remove among many, see ``BlobContentStore/delete(_:)``.
public struct BlobRemoval: Sendable, Hashable {
    /// Under which name it lies.
    public var name: String
    /// The version that it must have; nil for any. With one, a removal whose reply was lost is sent again.
    public var tag: ETag?

    /// Names what to remove, and the version that it must have.
    public init(_ name: String, ifMatches tag: ETag? = nil) {
        self.name = name
        self.tag = tag
    }

    /// Names a content as it was read or listed: it is removed while it has that version.
    public init(_ content: BlobContent) { self.init(content.name, ifMatches: content.etag) }
}
