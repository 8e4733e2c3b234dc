/// How a collection is set up.
public struct CollectionDefinition: Sendable, Hashable {
    /// Its name.
    public var name: CollectionName
    /// The fields whose values make up the partition key, 0 to 3 of them, such as `["tenant"]`.
    ///
    /// It documents the collection and is compared by ``DocumentStore/ensureCollection(_:)``; a key is given explicitly with each call.
    public var partitionPaths: [FieldPath]
    /// How long documents live from their last write when the write says ``Lifetime/collectionDefault``; `nil` for ever.
    public var defaultLifetime: Duration?
    /// Indexes beside that of the key.
    public var indexes: [IndexDefinition]

    /// Makes a definition.
    public init(
        _ name: CollectionName,
        partitionPaths: [FieldPath] = [],
        defaultLifetime: Duration? = nil,
        indexes: [IndexDefinition] = []
    ) {
        self.name = name
        self.partitionPaths = partitionPaths
        self.defaultLifetime = defaultLifetime
        self.indexes = indexes
    }
}

/// An index over fields of the documents of a collection.
public struct IndexDefinition: Sendable, Hashable {
    /// Its name, unique within the collection.
    public var name: String
    /// Its fields, in order.
    public var fields: [SortField]
    /// Whether two documents with equal values in all fields are refused with ``Rejection/uniqueIndex(name:)``.
    /// Documents that lack one of the fields are left out of a unique index.
    public var isUnique: Bool

    /// Makes a definition.
    public init(_ name: String, fields: [SortField], isUnique: Bool = false) {
        self.name = name
        self.fields = fields
        self.isUnique = isUnique
    }
}
