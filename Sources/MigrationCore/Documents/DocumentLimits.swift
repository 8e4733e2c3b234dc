/// The greatest size and depth of a document that is accepted from outside.
public struct DocumentLimits: Sendable, Hashable {
    /// The greatest size as BSON, in bytes. MongoDB allows 16 MiB for a document and 16 KiB more for what wraps it.
    public var maximumBytes: Int
    /// How many documents and arrays may be inside each other, the outermost included.
    ///
    /// Checking needs no stack for it; looking at nested arrays and comparing documents later does, so keep it moderate.
    public var maximumDepth: Int

    /// Makes limits; both must be at least 1.
    public init(maximumBytes: Int = (16 << 20) + (16 << 10), maximumDepth: Int = 200) {
        precondition(maximumBytes > 0 && maximumDepth > 0, "Limits of documents are at least 1.")
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
    }

    /// 16 MiB and 16 KiB, 200 levels.
    public static let `default` = DocumentLimits()
}
