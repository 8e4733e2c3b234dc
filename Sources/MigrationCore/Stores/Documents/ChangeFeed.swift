/// A document store that tells what changed, in order.
///
/// The feed is pulled: the caller asks for the next page, applies it, keeps its continuation, and asks again. Delivery is at
/// least once; a change that was acknowledged before a page was asked for is in that page or a later one. Changes of one key
/// arrive in their order; several quick changes of one key may arrive as the last of them.
///
/// Writes by other programs are seen too, where the adapter's documentation says so.
public protocol ChangeFeed: DocumentStore {
    /// The changes of a collection after a point.
    ///
    /// - Parameters:
    ///   - collection: the collection; one that does not exist has no changes.
    ///   - start: where to begin or go on.
    ///   - limit: the most changes of this page, at least 1.
    ///   - patience: how long to wait for a first change when there is none; zero answers at once.
    /// - Returns: the changes, possibly none, and the point after them.
    /// - Throws: `feedHistoryLost` when changes after the continuation are no longer known: start again from a scan;
    ///   `invalidContinuation`, `invalidArgument`, `cancelled`, `closed`, and codes of category `transient`.
    func changes(
        in collection: CollectionName,
        from start: ChangeFeedStart,
        limit: Int,
        waitingUpTo patience: Duration
    ) async throws(StoreError) -> ChangePage

    /// The present end of the feed: changes after it are those that are not acknowledged yet.
    ///
    /// Take it before a scan; changes from there on and the scan together miss nothing.
    func currentContinuation(in collection: CollectionName) async throws(StoreError) -> Continuation
}

/// Where a change feed begins.
public enum ChangeFeedStart: Sendable, Hashable {
    /// With every document that exists now, each as a change, and what follows. Deletes before that are not shown.
    case beginning
    /// After this point.
    case after(Continuation)
}

/// One change of one document.
public struct DocumentChange: Sendable {
    /// What happened.
    public enum Kind: Sendable {
        /// It was written; this is a version at least as new as that write.
        case written(StoredDocument)
        /// It was deleted, or expired.
        case deleted
        /// Something was stored under the key that is no valid document.
        case unreadable(UnreadableDocument)
    }

    /// Where; `nil` only for something unreadable whose key cannot be read either.
    public let key: DocumentKey?
    /// What happened.
    public let kind: Kind
    /// The point right after this change.
    public let continuation: Continuation

    /// Makes a change; adapters call this.
    public init(key: DocumentKey?, kind: Kind, continuation: Continuation) {
        self.key = key
        self.kind = kind
        self.continuation = continuation
    }
}

/// One page of a change feed.
public struct ChangePage: Sendable {
    /// The changes, oldest first.
    public let changes: [DocumentChange]
    /// The point after all of them; also set when there are none.
    public let continuation: Continuation

    /// Makes a page; adapters call this.
    public init(changes: [DocumentChange], continuation: Continuation) {
        self.changes = changes
        self.continuation = continuation
    }
}
