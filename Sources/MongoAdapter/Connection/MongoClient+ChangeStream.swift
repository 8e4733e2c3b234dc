internal import CutoverCMongo
internal import CutoverCMongoShims
internal import MigrationCore

extension MongoClient {
    /// Follows a change stream on this lane until `body` says that it is enough.
    ///
    /// - Parameters:
    ///   - start: where to begin; nil begins now.
    ///   - patience: how long the server holds back an answer when there is nothing to tell.
    ///   - body: called with each event, and with nil whenever the server had none; returns false to end.
    /// - Returns: The resume token of the point behind what was seen.
    func watch(
        _ collection: String,
        of database: String,
        from start: FeedCursor.Start?,
        patience: Duration,
        batchSize: Int,
        _ body: (UnsafeRawBufferPointer?) throws(StoreError) -> Bool
    ) throws(StoreError) -> Document {
        var options: Document = [
            "fullDocument": "updateLookup", "maxAwaitTimeMS": .int64(max(1, patience.wholeMilliseconds)),
            "batchSize": .int32(Int32(clamping: batchSize)),
        ]
        switch start {
        case nil: break
        case .token(let token): options.append("resumeAfter", .document(token))
        case .time(let time): options.append("startAtOperationTime", .timestamp(time))
        }
        let stream = unsafe Document().bson.withMongoBytes { pipeline in
            unsafe options.bson.withMongoBytes { options in
                unsafe cutover_mongo_watch(outcome.pointer, pointer, database, collection, pipeline, options)
            }
        }
        // Safety: the stream is owned by this call; an event's bytes are lent until the next step only.
        guard let stream = unsafe stream else { throw outcome.error }
        defer { unsafe mongoc_change_stream_destroy(stream) }
        var event = unsafe cutover_mongo_bytes(bytes: nil, count: 0)
        var goesOn = true
        while goesOn {
            switch unsafe cutover_mongo_change_stream_next(outcome.pointer, stream, &event) {
            case 1: goesOn = try unsafe body(UnsafeRawBufferPointer(start: event.bytes, count: event.count))
            case 0: goesOn = try body(nil)
            default: throw outcome.error
            }
        }
        let bytes = unsafe cutover_mongo_change_stream_token(stream)
        guard unsafe bytes.bytes != nil else {
            throw StoreError(.internalInconsistency, "The change stream has no resume token; please report it.")
        }
        return try unsafe Document(storedBSON: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.count))
    }
}
