internal import MigrationCore

/// How far a reader of the change feed has come: what its continuation holds, bound to its file and collection.
struct FeedCursor: Sendable {
    let file: String
    let collection: CollectionName
    /// The last change that was read, or, while the documents that exist are still being read, the last one before that began.
    var sequence: Int64
    /// Where the reading of the documents that exist has come to; nil once they are through.
    var place: DocumentPlace?

    init(file: String, collection: CollectionName, sequence: Int64, place: DocumentPlace? = nil) {
        self.file = file
        self.collection = collection
        self.sequence = sequence
        self.place = place
    }

    /// Reads a continuation. Throws `invalidContinuation`.
    init(_ continuation: Continuation, of collection: CollectionName) throws(StoreError) {
        guard let document = try? Document(json: continuation.text), document["v"] == .int32(1),
            case .string(let file) = document["file"], document["c"] == .string(collection.text),
            case .int64(let sequence) = document["n"], sequence >= 0
        else { throw Self.invalid(collection) }
        self.init(file: file, collection: collection, sequence: sequence)
        switch document["at"] {
        case nil: break
        case .string(let text):
            guard let place = DocumentPlace(text: text) else { throw Self.invalid(collection) }
            self.place = place
        case .some: throw Self.invalid(collection)
        }
    }

    var continuation: Continuation {
        var document: Document = [
            "v": .int32(1), "file": .string(file), "c": .string(collection.text), "n": .int64(sequence),
        ]
        if let place { document["at"] = .string(place.text) }
        return Continuation(text: document.json(.canonical))
    }

    static func invalid(_ collection: CollectionName) -> StoreError {
        StoreError(
            .invalidContinuation,
            "The continuation is damaged, or belongs to the feed of another collection or file; begin again with a scan.",
            context: .init(collection: collection)
        )
    }

    static func historyLost(_ collection: CollectionName) -> StoreError {
        StoreError(
            .feedHistoryLost,
            "The changes after the continuation are no longer kept; begin again with a scan, or retain more changes.",
            context: .init(collection: collection)
        )
    }
}
