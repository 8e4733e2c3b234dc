/// A part of a collection that can be scanned on its own.
///
/// Made by ``DocumentStore/scanRanges(of:maximumCount:)``, or for a whole collection by ``init(_:)``. The bounds are the store's own.
public struct ScanRange: Sendable, Hashable {
    /// The collection.
    public let collection: CollectionName
    /// Where the range begins, in the store's own terms; `nil` at the beginning of the collection.
    public let lowerBound: String?
    /// Where the range ends, in the store's own terms; `nil` at the end of the collection.
    public let upperBound: String?

    /// The whole collection.
    public init(_ collection: CollectionName) {
        self.init(collection, lowerBound: nil, upperBound: nil)
    }

    /// A part of it; adapters call this.
    public init(_ collection: CollectionName, lowerBound: String?, upperBound: String?) {
        self.collection = collection
        self.lowerBound = lowerBound
        self.upperBound = upperBound
    }
}

/// One page of a scan.
public struct ScanPage: Sendable {
    /// The documents, in the store's own order.
    public let documents: [StoredDocument]
    /// What is stored between them and does not parse.
    public let unreadable: [UnreadableDocument]
    /// Where the next page begins; `nil` at the end of the range.
    public let continuation: Continuation?

    /// Makes a page; adapters call this.
    public init(documents: [StoredDocument], unreadable: [UnreadableDocument] = [], continuation: Continuation?) {
        self.documents = documents
        self.unreadable = unreadable
        self.continuation = continuation
    }
}
