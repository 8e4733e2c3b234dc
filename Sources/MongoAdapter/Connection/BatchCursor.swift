internal import CutoverCMongoShims
internal import MigrationCore

/// A cursor that gives whole replies, where those of libmongoc lend one document after the other on their lane.
///
/// Safety: used on the lane of its client, and gone before that client is; its session is one of that client.
@safe final class BatchCursor {
    private let client: OpaquePointer
    private let database: String
    private let collection: String
    private let session: MongoSession
    /// What the server calls it; 0 before it has begun, when it has ended, and when it failed.
    private var number: Int64 = 0

    /// Begins with `find`.
    init(_ client: MongoClient, database: String, collection: String) throws(StoreError) {
        unsafe self.client = client.pointer
        self.database = database
        self.collection = collection
        session = try client.newSession()
    }

    deinit {
        if number != 0 { unsafe cutover_mongo_kill_cursor(client, session.pointer, database, collection, number) }
    }

    /// Whether the server has no more.
    var isOver: Bool { number == 0 }

    /// Begins to read all documents that the filter selects.
    ///
    /// - Parameters:
    ///   - filter: the condition.
    ///   - options: the other fields of the command `find`.
    ///   - client: that of this cursor.
    func find(_ filter: Document, options: Document, on client: MongoClient) throws(StoreError) -> DocumentBatch {
        var command: Document = ["find": .string(collection), "filter": .document(filter)]
        for (name, value) in options { command.append(name, value) }
        return take(try client.batch(command, on: database, .read, in: session))
    }

    /// The next documents, up to so many; fewer where they are large.
    func next(_ count: Int, on client: MongoClient) throws(StoreError) -> DocumentBatch {
        let command: Document = [
            "getMore": .int64(number), "collection": .string(collection), "batchSize": .int64(Int64(count)),
        ]
        // A cursor that failed is of no more use: a reply that was lost may have taken documents with it, and is not asked for again.
        number = 0
        return take(try client.batch(command, on: database, .plain, in: session))
    }

    private func take(_ reply: MongoReply) -> DocumentBatch {
        number = reply.cursor
        return DocumentBatch(reply)
    }
}
