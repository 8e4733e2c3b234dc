/// One write: what to do, where, and how long the result lives.
public struct DocumentWrite: Sendable, Hashable {
    /// What a write does. Switch over all cases when you write an adapter.
    public enum Action: Sendable, Hashable {
        /// Stores a whole document under a condition.
        case put(Document, WriteCondition)
        /// Changes parts of the document that exists, in order; with a tag only while it has that version.
        case patch([PatchOperation], ifMatches: ETag?)
        /// Removes the document that exists; with a tag only while it has that version.
        case delete(ifMatches: ETag?)
    }

    /// What to do.
    public var action: Action
    /// Where.
    public var key: DocumentKey
    /// How long the result lives. A patch with ``Lifetime/collectionDefault`` leaves the expiry as it is.
    public var lifetime: Lifetime

    /// Makes a write.
    public init(_ action: Action, key: DocumentKey, lifetime: Lifetime = .collectionDefault) {
        self.action = action
        self.key = key
        self.lifetime = lifetime
    }

    /// Stores a whole document.
    public static func put(
        _ document: Document,
        to key: DocumentKey,
        condition: WriteCondition = .upsert,
        lifetime: Lifetime = .collectionDefault
    ) -> DocumentWrite {
        DocumentWrite(.put(document, condition), key: key, lifetime: lifetime)
    }

    /// Removes a document.
    public static func delete(_ key: DocumentKey, ifMatches tag: ETag? = nil) -> DocumentWrite {
        DocumentWrite(.delete(ifMatches: tag), key: key)
    }

    /// Changes parts of a document.
    public static func patch(
        _ key: DocumentKey,
        _ operations: [PatchOperation],
        ifMatches tag: ETag? = nil
    ) -> DocumentWrite {
        DocumentWrite(.patch(operations, ifMatches: tag), key: key)
    }
}

/// When a whole document may be stored.
public enum WriteCondition: Sendable, Hashable {
    /// Always. An upsert whose outcome is unknown cannot be resolved; the library itself retries conditional writes only.
    case upsert
    /// Only when there is no document under the key, else ``Rejection/exists``.
    case insert
    /// Only when there is a document under the key, else ``Rejection/notFound``.
    case replace
    /// Only while the document has this version, else ``Rejection/etagMismatch(current:)`` or ``Rejection/notFound``.
    case ifMatches(ETag)
}

/// How long a written document lives.
public enum Lifetime: Sendable, Hashable {
    /// As its collection says; for ever when the collection says nothing.
    case collectionDefault
    /// For ever, whatever the collection says.
    case forever
    /// Until this wall time; it is invisible from that millisecond on. Throws `unsupported` where there is no expiry.
    case until(WallTime)
}

/// How the writes of a batch depend on each other.
public enum BatchOrder: Sendable, Hashable {
    /// Every write is attempted.
    case unordered
    /// The first write that is not applied ends the batch.
    case ordered
}

/// How a write ended.
public enum WriteOutcome: Sendable {
    /// It is durable. The tag is that of the document now; `nil` after a delete.
    case applied(ETag?)
    /// It certainly changed nothing.
    case rejected(Rejection)
    /// It may or may not have been applied. The error is that of the last attempt.
    ///
    /// Finding the write by reading is conclusive. Not finding it is conclusive only once its condition can no longer hold.
    case unknown(StoreError)

    /// The tag of an applied write.
    public var etag: ETag? {
        if case .applied(let tag) = self { tag } else { nil }
    }

    /// Whether the write was applied.
    public var isApplied: Bool {
        if case .applied = self { true } else { false }
    }

    /// Why the write was rejected, if it was.
    public var rejection: Rejection? {
        if case .rejected(let rejection) = self { rejection } else { nil }
    }
}

/// Why a write changed nothing.
public enum Rejection: Sendable {
    /// There is a document under the key already.
    case exists
    /// There is no document under the key.
    case notFound
    /// The document has another version; this one, where the store tells.
    case etagMismatch(current: ETag?)
    /// Another document holds the same value of a unique index.
    case uniqueIndex(name: String)
    /// An earlier write of the ordered batch was not applied.
    case skipped
    /// The item itself is invalid or cannot be stored; the error says why. Only in batches and transactions.
    case invalid(StoreError)
}

/// How a transaction ended.
public enum TransactionOutcome: Sendable {
    /// All writes are durable; one tag for each, `nil` after a delete.
    case applied([ETag?])
    /// Nothing was changed; the write at `index` was the first that could not be applied.
    case rejected(index: Int, Rejection)
    /// All may have been applied, or none.
    case unknown(StoreError)

    /// Whether all writes were applied.
    public var isApplied: Bool {
        if case .applied = self { true } else { false }
    }
}
