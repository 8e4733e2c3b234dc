internal import MigrationCore

/// How far a reader of the change feed has come: what its continuation holds, bound to its database and collection.
struct FeedCursor: Sendable {
    let database: String
    let collection: CollectionName
    /// The place after the last change that was read, or, while the documents that exist are still being read, the one before
    /// that began.
    var start: Start
    /// Where the reading of the documents that exist has come to; nil once they are through.
    var scan: ScanState?

    /// Where a change stream begins.
    enum Start: Sendable {
        /// Behind the event with this resume token.
        case token(Document)
        /// With the first event at this operation time or later.
        case time(BSONTimestamp)
    }

    enum ScanState: Sendable {
        case beginning
        case after(DocumentPlace)
    }

    init(database: String, collection: CollectionName, start: Start, scan: ScanState? = nil) {
        self.database = database
        self.collection = collection
        self.start = start
        self.scan = scan
    }

    /// Reads a continuation. Throws `invalidContinuation`.
    init(_ continuation: Continuation, of collection: CollectionName, in database: String) throws(StoreError) {
        guard let document = try? Document(json: continuation.text), document["v"] == .int32(1),
            document["db"] == .string(database), document["c"] == .string(collection.text),
            let start = Start(document)
        else { throw Self.invalid(collection) }
        self.init(database: database, collection: collection, start: start)
        switch document["at"] {
        case nil: break
        case .string("")?: scan = .beginning
        case .string(let text)?:
            guard let place = DocumentPlace(text: text) else { throw Self.invalid(collection) }
            scan = .after(place)
        default: throw Self.invalid(collection)
        }
    }

    var continuation: Continuation {
        var document: Document = [
            "v": .int32(1), "db": .string(database), "c": .string(collection.text),
        ]
        switch start {
        case .token(let token): document["token"] = .string(Hex.text(token.bson))
        case .time(let time): document["time"] = .timestamp(time)
        }
        switch scan {
        case nil: break
        case .beginning: document["at"] = ""
        case .after(let place): document["at"] = .string(place.text)
        }
        return Continuation(text: document.json(.canonical))
    }

    static func invalid(_ collection: CollectionName) -> StoreError {
        StoreError(
            .invalidContinuation,
            "The continuation is damaged, or belongs to the feed of another collection or database; begin again with a scan.",
            context: .init(collection: collection)
        )
    }
}

extension FeedCursor.Start {
    /// Reads the part of a continuation that says where the stream begins; nil when it is damaged.
    fileprivate init?(_ continuation: Document) {
        switch (continuation["token"], continuation["time"]) {
        case (.string(let text)?, nil):
            guard let bytes = Hex.bytes(text), let token = try? Document(bson: bytes) else { return nil }
            self = .token(token)
        case (nil, .timestamp(let time)?): self = .time(time)
        default: return nil
        }
    }
}
