internal import CutoverCMongo
internal import CutoverCMongoShims
internal import MigrationCore

/// A cursor that stays open between the calls of a reader.
///
/// Safety: used on the lane of the client that made it, and gone before that client is.
@safe final class MongoCursor {
    private let pointer: OpaquePointer
    private let outcome: MongoOutcome

    init(_ pointer: OpaquePointer, outcome: MongoOutcome) {
        unsafe self.pointer = pointer
        self.outcome = outcome
    }

    deinit { unsafe mongoc_cursor_destroy(pointer) }

    /// The next document, lent until the step after this one; nil at the end.
    func next() throws(StoreError) -> UnsafeRawBufferPointer? {
        var document = unsafe cutover_mongo_bytes(bytes: nil, count: 0)
        switch unsafe cutover_mongo_cursor_next(outcome.pointer, pointer, &document) {
        case 1: return unsafe UnsafeRawBufferPointer(start: document.bytes, count: document.count)
        case 0: return nil
        default: throw outcome.error
        }
    }

    /// How many documents the server sends from the next time on.
    func setBatch(_ count: Int) { unsafe mongoc_cursor_set_batch_size(pointer, UInt32(count)) }
}
