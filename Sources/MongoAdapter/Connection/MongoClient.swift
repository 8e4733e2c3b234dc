internal import CutoverCMongo
internal import CutoverCMongoShims
internal import MigrationCore

/// One client of the pool, bound to one lane for its lifetime, with a session for its transactions.
///
/// That is so for its sessions, and for open scans with their cursors, too. The pool outlives it, because the lanes hold that.
///
/// Safety: touched only by closures that run on its lane, one after the other, as `LaneClient` sees to.
@safe final class MongoClient: @unchecked Sendable {
    private let pool: OpaquePointer
    let pointer: OpaquePointer
    let outcome = MongoOutcome()
    private var idleSession: OpaquePointer?
    /// What readers have open on this lane: it ends with the client at the latest.
    var openScans: [UInt64: OpenScan] = [:]

    /// Takes a client out of the pool; nil when the pool has none left.
    init?(pool: OpaquePointer) {
        guard let client = unsafe mongoc_client_pool_try_pop(pool) else { return nil }
        unsafe self.pool = pool
        unsafe pointer = client
    }

    deinit {
        openScans = [:]
        if let idleSession = unsafe idleSession { unsafe mongoc_client_session_destroy(idleSession) }
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
        in session: MongoSession?
    ) throws(StoreError) {
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
                    session?.pointer,
                    database,
                    command,
                    options,
                    kind
                )
            }
        }
        guard done else { throw outcome.error }
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
        in session: MongoSession? = nil,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        let cursor = unsafe filter.bson.withMongoBytes { filter in
            unsafe options.bson.withMongoBytes { options in
                unsafe cutover_mongo_find(
                    outcome.pointer,
                    pointer,
                    session?.pointer,
                    database,
                    collection,
                    filter,
                    options
                )
            }
        }
        return try unsafe visit(cursor, body)
    }

    /// Visits the documents of an aggregation; see `find`.
    @discardableResult
    func aggregate(
        _ pipeline: [Document],
        in collection: String,
        of database: String,
        options: Document = Document(),
        in session: MongoSession? = nil,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        let stages: Document = ["pipeline": .array(pipeline.map(Value.document))]
        let cursor = unsafe stages.bson.withMongoBytes { stages in
            unsafe options.bson.withMongoBytes { options in
                unsafe cutover_mongo_aggregate(
                    outcome.pointer,
                    pointer,
                    session?.pointer,
                    database,
                    collection,
                    stages,
                    options
                )
            }
        }
        return try unsafe visit(cursor, body)
    }

    private func visit(
        _ cursor: OpaquePointer?,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        guard let cursor = unsafe cursor else { throw outcome.error }
        defer { unsafe mongoc_cursor_destroy(cursor) }
        var document = unsafe cutover_mongo_bytes(bytes: nil, count: 0)
        while true {
            switch unsafe cutover_mongo_cursor_next(outcome.pointer, cursor, &document) {
            case 1:
                let bytes = unsafe UnsafeRawBufferPointer(start: document.bytes, count: document.count)
                guard try unsafe body(bytes) else { return false }
            case 0: return true
            default: throw outcome.error
            }
        }
    }

    // MARK: Sessions

    /// A session that its taker gives back to `giveBack`, or ends.
    func newSession() throws(StoreError) -> MongoSession {
        guard let session = unsafe cutover_mongo_session_new(outcome.pointer, pointer) else { throw outcome.error }
        return unsafe MongoSession(session)
    }

    /// A session for a transaction: the one that was used before, or a new one.
    func takeSession() throws(StoreError) -> MongoSession {
        if let session = unsafe idleSession {
            unsafe idleSession = nil
            return unsafe MongoSession(session)
        }
        return try newSession()
    }

    /// Takes a session back; one whose state is in doubt is ended instead.
    func giveBack(_ session: MongoSession, isSound: Bool) {
        if isSound, unsafe idleSession == nil {
            unsafe idleSession = session.pointer
        } else {
            unsafe mongoc_client_session_destroy(session.pointer)
        }
    }
}

/// A session on its way through one transaction.
///
/// Safety: used on the lane of the client that made it; that client destroys it.
@safe struct MongoSession {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
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
