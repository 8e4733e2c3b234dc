internal import CutoverCMongo
internal import CutoverCMongoShims
internal import MigrationCore

/// Where libmongoc leaves the reply or the error of a call; used for one call after the other.
///
/// Safety: `pointer` is owned from `init` to `deinit`, and only touched by the one thread that makes the calls.
@safe final class MongoOutcome {
    let pointer: OpaquePointer

    init() {
        unsafe pointer = cutover_mongo_outcome_new()
    }

    deinit {
        unsafe cutover_mongo_outcome_free(pointer)
    }

    /// The reply of the last call.
    func reply() throws(StoreError) -> Document {
        let bytes = unsafe cutover_mongo_outcome_reply(pointer)
        let copy = unsafe [UInt8](UnsafeBufferPointer(start: bytes.bytes, count: bytes.count))
        do throws(DocumentError) {
            return try Document(bson: copy, limits: .stored)
        } catch {
            throw StoreError(.corrupt, "A reply of MongoDB is no valid document.", underlying: error)
        }
    }

    /// The reply of the last call, which is a part of what a cursor gives; nothing is left of it here.
    func takeReply() throws(StoreError) -> MongoReply {
        guard let reply = unsafe cutover_mongo_outcome_take_reply(pointer) else {
            throw StoreError(.corrupt, "A reply of MongoDB holds no documents where a cursor has some.")
        }
        return unsafe MongoReply(reply)
    }

    /// The error of the last call.
    var failure: MongoFailure {
        let domain = unsafe cutover_mongo_outcome_domain(pointer)
        let code = unsafe cutover_mongo_outcome_code(pointer)
        let text = unsafe String(cString: cutover_mongo_outcome_message(pointer))
        let labels = Self.knownLabels.filter { unsafe cutover_mongo_outcome_has_label(pointer, $0) }
        switch domain {
        case MONGOC_ERROR_SERVER.rawValue, MONGOC_ERROR_WRITE_CONCERN.rawValue, MONGOC_ERROR_QUERY.rawValue:
            return MongoFailure(origin: .server, code: code, labels: labels, text: text)
        case MONGOC_ERROR_SERVER_SELECTION.rawValue:
            return MongoFailure(origin: .connection, code: MongoFailure.selectionCode, labels: labels, text: text)
        case MONGOC_ERROR_STREAM.rawValue, MONGOC_ERROR_PROTOCOL.rawValue:
            return MongoFailure(origin: .connection, code: code, labels: labels, text: text)
        default: return MongoFailure(origin: .client, code: code, labels: labels, text: text)
        }
    }

    var error: StoreError { StoreError(failure) }

    private static let knownLabels = [
        "TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError",
        "NonResumableChangeStreamError", "ResumableChangeStreamError",
    ]
}

extension DocumentLimits {
    /// What was stored once is read again, whatever the limit of new documents is.
    static let stored = DocumentLimits(maximumBytes: Int(Int32.max), maximumDepth: 256)
}

extension [UInt8] {
    /// Lends the bytes to a call of libmongoc.
    func withMongoBytes<Result>(_ body: (cutover_mongo_bytes) -> Result) -> Result {
        unsafe withUnsafeBufferPointer { buffer in
            unsafe body(unsafe cutover_mongo_bytes(bytes: buffer.baseAddress, count: buffer.count))
        }
    }
}
