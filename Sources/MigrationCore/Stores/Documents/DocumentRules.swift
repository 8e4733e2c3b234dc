/// What every document store checks before it does anything, so that bad input gets the same code everywhere.
public enum DocumentRules {
    /// Checks a key against the limits of a store. Throws `keyTooLong` or `unsupported`.
    public static func check(_ key: DocumentKey, capabilities: DocumentStoreCapabilities) throws(StoreError) {
        if !capabilities.acceptsTypedIDs {
            guard case .string = key.id.value else {
                throw StoreError(
                    .unsupported,
                    "This store holds ids of text only; map the id to a text.",
                    context: .init(collection: key.collection)
                )
            }
        }
        let bytes = key.id.textByteCount
        guard bytes <= capabilities.maximumIDBytes else {
            throw StoreError(
                .keyTooLong,
                "The id has \(bytes) bytes, and this store holds at most \(capabilities.maximumIDBytes).",
                context: .init(collection: key.collection)
            )
        }
    }

    /// Checks a write against the limits of a store.
    ///
    /// - Throws: as ``check(_:capabilities:)-(DocumentKey,_)``; `documentTooLarge`; `invalidDocument` when the body has an `_id`
    ///   other than its key's or is nested too deeply; `invalidArgument` for an empty patch; `unsupported` for an expiry where there is none.
    public static func check(_ write: DocumentWrite, capabilities: DocumentStoreCapabilities) throws(StoreError) {
        try check(write.key, capabilities: capabilities)
        if case .until = write.lifetime, !capabilities.supportsExpiry {
            throw StoreError(
                .unsupported,
                "This store has no expiry of documents; write without a lifetime.",
                context: .init(collection: write.key.collection)
            )
        }
        switch write.action {
        case .put(let document, _): try check(document, for: write.key, capabilities: capabilities)
        case .patch(let operations, _):
            guard !operations.isEmpty else {
                throw StoreError(
                    .invalidArgument,
                    "The patch has no operations; leave it out.",
                    context: .init(collection: write.key.collection)
                )
            }
        case .delete: break
        }
    }

    /// Checks a body, also the result of a patch. Throws `documentTooLarge` or `invalidDocument`.
    public static func check(
        _ document: Document,
        for key: DocumentKey,
        capabilities: DocumentStoreCapabilities
    ) throws(StoreError) {
        let maximum = capabilities.maximumDocumentBytes ?? DocumentLimits.default.maximumBytes
        guard document.byteCount <= maximum else {
            throw StoreError(
                .documentTooLarge,
                "The document has \(document.byteCount) bytes, and this store holds at most \(maximum).",
                context: .init(collection: key.collection)
            )
        }
        guard !document.isDeeper(than: DocumentLimits.default.maximumDepth) else {
            throw StoreError(
                .invalidDocument,
                "The document is nested deeper than \(DocumentLimits.default.maximumDepth) levels and could not be read back.",
                context: .init(collection: key.collection)
            )
        }
        if let id = document["_id"], id != key.id.value {
            throw StoreError(
                .invalidDocument,
                "The document's `_id` differs from the id of its key; they must be equal.",
                context: .init(collection: key.collection)
            )
        }
    }

    /// Checks the writes of a transaction: not empty, one collection, one partition, not too many.
    ///
    /// - Throws: `emptyBatch`, `unsupported`, `invalidArgument`.
    public static func check(
        transaction writes: [DocumentWrite],
        capabilities: DocumentStoreCapabilities
    ) throws(StoreError) {
        guard let first = writes.first else {
            throw StoreError(.emptyBatch, "The transaction has no writes; do not call the store for it.")
        }
        guard writes.count <= capabilities.maximumTransactionWrites else {
            throw StoreError(
                .unsupported,
                "\(writes.count) writes are more than the \(capabilities.maximumTransactionWrites) of one transaction in this store."
            )
        }
        for (index, write) in writes.enumerated()
        where write.key.collection != first.key.collection || write.key.partition != first.key.partition {
            throw StoreError(
                .invalidArgument,
                "A transaction stays within one collection and one partition; write \(index) leaves it.",
                context: .init(collection: first.key.collection, item: index)
            )
        }
    }

    /// Checks the size of a page. Throws `invalidArgument`.
    public static func check(pageSize: Int) throws(StoreError) {
        guard pageSize >= 1 else {
            throw StoreError(.invalidArgument, "A page needs a size of at least 1, not \(pageSize).")
        }
    }
}
