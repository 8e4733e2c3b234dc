internal import CutoverCMongo
internal import CutoverCMongoShims

/// A part of what a cursor gives, as it came from the server.
///
/// It owns the reply from `init` to `deinit`.
///
/// Safety: made on a lane, never changed after that, and libbson lets any thread read and free what no thread changes.
@safe final class MongoReply: @unchecked Sendable {
    private let pointer: OpaquePointer
    /// The cursor that has more; 0 when the server has ended it.
    let cursor: Int64
    /// An array of documents; lent as long as this lives.
    let batch: UnsafeRawBufferPointer

    /// Takes the reply over.
    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
        cursor = unsafe cutover_mongo_reply_cursor(pointer)
        let bytes = unsafe cutover_mongo_reply_batch(pointer)
        unsafe batch = UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.count)
    }

    deinit { unsafe cutover_mongo_reply_free(pointer) }
}
