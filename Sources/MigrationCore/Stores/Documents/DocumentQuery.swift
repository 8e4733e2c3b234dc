/// What a query selects: one collection, a filter, an order and a limit.
public struct DocumentQuery: Sendable, Hashable {
    /// The collection.
    public var collection: CollectionName
    /// Only documents under this partition key; `nil` for all.
    public var partition: PartitionKey?
    /// Only documents that match.
    public var filter: Filter
    /// The order; documents that are equal in all fields follow in the order of their partition key's and then id's text.
    /// Without any field the order is the store's own, and stable from page to page.
    public var sort: [SortField]
    /// The most documents in all pages together; 0 selects nothing, `nil` sets no limit. A negative one is `invalidArgument`.
    public var limit: Int?

    /// Makes a query.
    public init(
        _ collection: CollectionName,
        partition: PartitionKey? = nil,
        where filter: Filter = .all,
        sort: [SortField] = [],
        limit: Int? = nil
    ) {
        self.collection = collection
        self.partition = partition
        self.filter = filter
        self.sort = sort
        self.limit = limit
    }
}

/// One field of a sort order.
///
/// Ascending order over all types: missing, min key, undefined, null, false, true, numbers by value (NaN first), texts by
/// UTF-8 bytes, symbols, dates, timestamps, ObjectIds, binaries, regular expressions, DBPointers, code, code with scope,
/// arrays, documents, max key.
public struct SortField: Sendable, Hashable {
    /// Direction of a sort.
    public enum Direction: Sendable, Hashable {
        /// From missing and small to large.
        case ascending
        /// From large to small and missing.
        case descending
    }

    /// The field.
    public var path: FieldPath
    /// The direction.
    public var direction: Direction

    /// Makes a sort field.
    public init(_ path: FieldPath, _ direction: Direction = .ascending) {
        self.path = path
        self.direction = direction
    }

    /// From small to large.
    public static func ascending(_ path: FieldPath) -> SortField { SortField(path, .ascending) }
    /// From large to small.
    public static func descending(_ path: FieldPath) -> SortField { SortField(path, .descending) }
}

/// One page of a query.
public struct DocumentPage: Sendable {
    /// The documents, in the order of the query.
    public let documents: [StoredDocument]
    /// Where the next page begins; `nil` at the end.
    public let continuation: Continuation?

    /// Makes a page; adapters call this.
    public init(documents: [StoredDocument], continuation: Continuation?) {
        self.documents = documents
        self.continuation = continuation
    }
}
