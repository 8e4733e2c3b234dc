internal import CutoverCMongo
internal import CutoverCMongoShims
internal import MigrationCore

/// One client of the pool, bound to one lane for its lifetime, with a session for its transactions.
///
/// Safety: everything in it, sessions and open scans with their cursors too, is touched only by closures that run on its lane, one after
/// the other, as `LaneClient` sees to; the pool outlives it, because the lanes hold that.
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
        let reply = try outcome.reply()
        if case .document(let failure)? = reply["writeConcernError"] { throw StoreError(MongoFailure(failure)) }
        return reply
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
        let cursor = try openFind(filter, in: collection, of: database, options: options, in: session)
        return try unsafe visit(cursor, body)
    }

    /// Begins a find and leaves it to the caller to go on.
    func openFind(
        _ filter: Document,
        in collection: String,
        of database: String,
        options: Document,
        in session: MongoSession? = nil
    ) throws(StoreError) -> MongoCursor {
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
        guard let cursor = unsafe cursor else { throw outcome.error }
        return unsafe MongoCursor(cursor, outcome: outcome)
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
        guard let cursor = unsafe cursor else { throw outcome.error }
        return try unsafe visit(MongoCursor(cursor, outcome: outcome), body)
    }

    private func visit(
        _ cursor: MongoCursor,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Bool
    ) throws(StoreError) -> Bool {
        while let bytes = try unsafe cursor.next() {
            guard try unsafe body(bytes) else { return false }
        }
        return true
    }

    // MARK: Sessions

    /// A session for a transaction: the one that was used before, or a new one.
    func takeSession() throws(StoreError) -> MongoSession {
        if let session = unsafe idleSession {
            unsafe idleSession = nil
            return unsafe MongoSession(session)
        }
        guard let session = unsafe cutover_mongo_session_new(outcome.pointer, pointer) else { throw outcome.error }
        return unsafe MongoSession(session)
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
