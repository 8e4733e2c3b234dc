internal import CutoverCMongo
internal import CutoverCMongoShims
internal import MigrationCore

/// One client of the pool, bound to one lane for its lifetime, with a session for its transactions and one for all else.
///
/// The sessions are causally consistent, with those of the other clients too; see `CausalTime`. They and open scans with their cursors
/// are bound to the lane as well. The pool outlives the client, because the lanes hold that.
///
/// Safety: touched only by closures that run on its lane, one after the other, as `LaneClient` sees to.
@safe final class MongoClient: @unchecked Sendable {
    private let pool: OpaquePointer
    let pointer: OpaquePointer
    let outcome = MongoOutcome()
    private let time: CausalTime
    private var idleSession: MongoSession?
    /// The session of what is done outside of transactions, from its first use on.
    private var ownSession: MongoSession?
    /// What readers have open on this lane: it ends with the client at the latest.
    var openScans: [UInt64: OpenScan] = [:]

    /// Takes a client out of the pool; nil when the pool has none left.
    init?(pool: OpaquePointer, time: CausalTime) {
        guard let client = unsafe mongoc_client_pool_try_pop(pool) else { return nil }
        unsafe self.pool = pool
        self.time = time
        unsafe pointer = client
    }

    deinit {
        openScans = [:]
        idleSession = nil
        ownSession = nil
        unsafe mongoc_client_pool_push(pool, pointer)
    }

    /// What libmongoc needs to know to repeat a command by its own rules.
    enum Kind {
        /// Never repeated.
        case plain
        /// Repeated once after a lost connection.
        case read
        /// Repeated once under the same transaction number, which the server applies once.
        case write
    }

    /// Runs a command and returns its reply.
    ///
    /// - Parameter session: the transaction that it belongs to, if any.
    func command(
        _ command: Document,
        on database: String,
        _ kind: Kind,
        options: Document = Document(),
        in session: MongoSession? = nil
    ) throws(StoreError) -> Document {
        try run(command, on: database, kind, options: options, in: session)
        let reply = try outcome.reply()
        if case .document(let failure)? = reply["writeConcernError"] { throw StoreError(MongoFailure(failure)) }
        return reply
    }

    /// Runs a command whose reply is a part of what a cursor gives, and takes that reply without a copy.
    func batch(
        _ command: Document,
        on database: String,
        _ kind: Kind,
        in session: MongoSession
    ) throws(StoreError) -> MongoReply {
        try run(command, on: database, kind, options: Document(), in: session)
        return try outcome.takeReply()
    }

    private func run(
        _ command: Document,
        on database: String,
        _ kind: Kind,
        options: Document,
        in given: MongoSession?
    ) throws(StoreError) {
        let session = try session(given)
        let kind: cutover_mongo_command_kind =
            switch kind {
            case .plain: CUTOVER_MONGO_PLAIN
            case .read: CUTOVER_MONGO_READ
            case .write: CUTOVER_MONGO_WRITE
            }
        let done = unsafe command.bson.withMongoBytes { command in
            unsafe options.bson.withMongoBytes { options in
                unsafe cutover_mongo_command(
                    outcome.pointer,
                    pointer,
                    session.pointer,
                    database,
                    command,
                    options,
                    kind
                )
            }
        }
        time.note(session)
        guard done else { throw failed(in: session) }
    }

    /// Visits the documents of a find until `body` returns false or there are no more.
    ///
    /// - Returns: Whether the end was reached.
    @discardableResult
    func find(
        _ filter: Document,
        in collection: String,
        of database: String,
        options: Document = Document(),
        in given: MongoSession? = nil,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        let session = try session(given)
        let cursor = unsafe filter.bson.withMongoBytes { filter in
            unsafe options.bson.withMongoBytes { options in
                unsafe cutover_mongo_find(
                    outcome.pointer,
                    pointer,
                    session.pointer,
                    database,
                    collection,
                    filter,
                    options
                )
            }
        }
        return try unsafe visit(cursor, in: session, body)
    }

    /// Visits the documents of an aggregation; see `find`.
    @discardableResult
    func aggregate(
        _ pipeline: [Document],
        in collection: String,
        of database: String,
        options: Document = Document(),
        in given: MongoSession? = nil,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        let session = try session(given)
        let stages: Document = ["pipeline": .array(pipeline.map(Value.document))]
        let cursor = unsafe stages.bson.withMongoBytes { stages in
            unsafe options.bson.withMongoBytes { options in
                unsafe cutover_mongo_aggregate(
                    outcome.pointer,
                    pointer,
                    session.pointer,
                    database,
                    collection,
                    stages,
                    options
                )
            }
        }
        return try unsafe visit(cursor, in: session, body)
    }

    private func visit(
        _ cursor: OpaquePointer?,
        in session: MongoSession,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        guard let cursor = unsafe cursor else { throw outcome.error }
        defer {
            unsafe mongoc_cursor_destroy(cursor)
            time.note(session)
        }
        var document = unsafe cutover_mongo_bytes(bytes: nil, count: 0)
        while true {
            switch unsafe cutover_mongo_cursor_next(outcome.pointer, cursor, &document) {
            case 1:
                let bytes = unsafe UnsafeRawBufferPointer(start: document.bytes, count: document.count)
                guard try unsafe body(bytes) else { return false }
            case 0: return true
            default: throw failed(in: session)
            }
        }
    }

    // MARK: Sessions

    /// A session that has been told what the other clients have seen.
    func newSession() throws(StoreError) -> MongoSession {
        guard let pointer = unsafe cutover_mongo_session_new(outcome.pointer, pointer) else { throw outcome.error }
        let session = unsafe MongoSession(pointer)
        time.tell(session)
        return session
    }

    /// A session for a transaction: the one that was used before, or a new one.
    func takeSession() throws(StoreError) -> MongoSession {
        guard let session = idleSession else { return try newSession() }
        idleSession = nil
        time.tell(session)
        return session
    }

    /// Takes a session back, unless its state is in doubt.
    func giveBack(_ session: MongoSession, isSound: Bool) {
        time.note(session)
        if isSound { idleSession = session }
    }

    /// The session that is given, as for a transaction, or the one for all else.
    private func session(_ given: MongoSession?) throws(StoreError) -> MongoSession {
        if let given { return given }
        if let session = ownSession {
            time.tell(session)
            return session
        }
        let session = try newSession()
        ownSession = session
        return session
    }

    /// The error of a call, after which no further one uses a session that the server may still be busy with.
    private func failed(in session: MongoSession) -> StoreError {
        let error = outcome.error
        if session === ownSession, error.mongoFailure?.isLostReply == true { ownSession = nil }
        return error
    }
}

/// A causally consistent session of one client.
///
/// Safety: used on the lane of the client that made it, and gone before that client is.
@safe final class MongoSession {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe mongoc_client_session_destroy(pointer) }
}

extension MongoFailure {
    /// A failure that is part of a reply: an item of `writeErrors`, or `writeConcernError`.
    init(_ document: Document) {
        var code: UInt32 = 0
        if case .int32(let number)? = document["code"] { code = UInt32(truncatingIfNeeded: number) }
        var text = ""
        if case .string(let message)? = document["errmsg"] { text = message }
        self.init(origin: .server, code: code, text: text)
    }
}
