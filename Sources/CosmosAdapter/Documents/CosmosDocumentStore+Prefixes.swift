public import MigrationCore

/// Queries by the first levels of a hierarchical partition key.
extension CosmosDocumentStore {
    /// The documents under the first levels of a hierarchical partition key that match; only the ranges that can hold them are asked.
    ///
    /// ```swift
    /// let page = try await store.query(DocumentQuery("orders"), under: ["tenant-1"], pageSize: 100)
    /// ```
    ///
    /// - Parameters:
    ///   - query: the collection, filter, order and limit; it names no partition.
    ///   - prefix: values for the first levels of the key, or for all of them.
    ///   - continuation: where the page before this one ended.
    ///   - pageSize: the most documents of the page, at least 1.
    /// - Throws: `invalidKey` where the collection's key is not hierarchical or has fewer levels; `invalidArgument` where the query
    ///   names a partition, too; as ``query(_:after:pageSize:)``.
    public func query(
        _ query: DocumentQuery,
        under prefix: PartitionKey,
        after continuation: Continuation? = nil,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await door.enter { () async throws(StoreError) -> DocumentPage in
            guard query.partition == nil else {
                throw StoreError(
                    .invalidArgument,
                    "A query under a prefix names no partition; leave one of them out.",
                    context: .init(collection: query.collection)
                )
            }
            // So that a continuation belongs to its prefix.
            var query = query
            query.partition = prefix
            return try await page(query, .under(prefix), after: continuation, pageSize: pageSize)
        }
    }

    /// How many documents are under the first levels of a hierarchical partition key, and match.
    ///
    /// - Parameters:
    ///   - collection: the collection.
    ///   - prefix: values for the first levels of the key, or for all of them.
    ///   - filter: which of the documents count.
    /// - Throws: `invalidKey` where the collection's key is not hierarchical or has fewer levels; as
    ///   ``count(_:partition:where:)``.
    public func count(
        _ collection: CollectionName,
        under prefix: PartitionKey,
        where filter: Filter = .all
    ) async throws(StoreError) -> Int {
        try await door.enter { () async throws(StoreError) -> Int in
            try await count(collection, .under(prefix), where: filter)
        }
    }
}
