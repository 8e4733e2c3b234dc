/// A document store whose expired documents can be removed from the medium on request.
///
/// An expired document is invisible at once, whether it was removed or not; removal frees its room and shows a delete in the
/// change feed. Stores remove expired documents by themselves now and then; call this when that matters.
public protocol ExpiringStore: DocumentStore {
    /// Removes documents of a collection that have expired.
    ///
    /// - Parameters:
    ///   - collection: the collection; one that does not exist has none.
    ///   - limit: the most documents to remove in this call, at least 1.
    /// - Returns: how many were removed; fewer than `limit` means that none are left.
    func purgeExpired(in collection: CollectionName, limit: Int) async throws(StoreError) -> Int
}
