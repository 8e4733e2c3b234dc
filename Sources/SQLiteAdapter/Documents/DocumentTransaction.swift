internal import MigrationCore

/// A write whose texts and body are made before the writer's lane is entered, so that the lane has only SQL to do.
struct PreparedWrite: Sendable {
    enum Action: Sendable {
        case put(body: [UInt8], WriteCondition)
        case patch([PatchOperation], ifMatches: ETag?)
        case delete(ifMatches: ETag?)
    }

    let key: DocumentKey
    let partition: String
    let id: String
    let action: Action
    let lifetime: Lifetime

    /// Checks a write and encodes it.
    init(_ write: DocumentWrite, capabilities: DocumentStoreCapabilities) throws(StoreError) {
        try DocumentRules.check(write, capabilities: capabilities)
        key = write.key
        partition = write.key.partition.text
        id = write.key.id.text
        lifetime = write.lifetime
        switch write.action {
        case .put(let document, let condition):
            action = .put(body: try document.storedBody(of: write.key), condition)
        case .patch(let operations, let tag): action = .patch(operations, ifMatches: tag)
        case .delete(let tag): action = .delete(ifMatches: tag)
        }
    }
}

extension Document {
    /// The text to store; `invalidDocument` for the few documents that no Extended JSON gives back exactly.
    func storedBody(of key: DocumentKey) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        do throws(DocumentError) {
            try ExtendedJSON.writeExactly(self, into: &bytes)
        } catch {
            throw StoreError(
                .invalidDocument,
                "This store keeps Extended JSON text, which cannot hold the document exactly; rename the field, or change the value.",
                context: .init(collection: key.collection),
                underlying: error
            )
        }
        return bytes
    }
}

/// Applies writes of documents inside one write transaction. Each write is checked before it changes anything.
struct DocumentTransaction {
    let connection: Connection
    let now: WallTime
    let etags: ETagSource
    let capabilities: DocumentStoreCapabilities
    private var defaultLifetimes: [CollectionName: Duration?] = [:]
    private(set) var appliedCount = 0

    init(
        on connection: Connection,
        now: WallTime,
        etags: ETagSource,
        capabilities: DocumentStoreCapabilities
    ) {
        self.connection = connection
        self.now = now
        self.etags = etags
        self.capabilities = capabilities
    }

    mutating func apply(_ write: PreparedWrite) throws(StoreError) -> WriteOutcome {
        let outcome =
            switch write.action {
            case .put(let body, let condition): try put(body, condition, write)
            case .patch(let operations, let tag): try patch(operations, ifMatches: tag, write)
            case .delete(let tag): try delete(ifMatches: tag, write)
            }
        if outcome.isApplied { appliedCount += 1 }
        return outcome
    }

    // MARK: The three actions

    private mutating func put(
        _ body: [UInt8],
        _ condition: WriteCondition,
        _ write: PreparedWrite
    ) throws(StoreError) -> WriteOutcome {
        switch condition {
        case .upsert: break
        case .insert:
            if try etag(of: write) != nil { return .rejected(.exists) }
        case .replace:
            if try etag(of: write) == nil { return .rejected(.notFound) }
        case .ifMatches(let tag):
            if let rejection = Self.rejection(of: try etag(of: write), expecting: tag) { return .rejected(rejection) }
        }
        let defaultLifetime = try collection(write.key.collection)
        let expiresAt: WallTime? =
            switch write.lifetime {
            case .collectionDefault: defaultLifetime.map { now.advanced(by: $0) }
            case .forever: nil
            case .until(let time): time
            }
        return .applied(try store(body, expiresAt: expiresAt, write))
    }

    private mutating func patch(
        _ operations: [PatchOperation],
        ifMatches tag: ETag?,
        _ write: PreparedWrite
    ) throws(StoreError) -> WriteOutcome {
        guard let (document, etag, oldExpiry) = try current(write) else { return .rejected(.notFound) }
        if let tag, tag != etag { return .rejected(.etagMismatch(current: etag)) }
        let patched = try operations.applied(to: document)
        try DocumentRules.check(patched, for: write.key, capabilities: capabilities)
        let expiresAt: WallTime? =
            switch write.lifetime {
            case .collectionDefault: oldExpiry
            case .forever: nil
            case .until(let time): time
            }
        return .applied(try store(try patched.storedBody(of: write.key), expiresAt: expiresAt, write))
    }

    private func delete(ifMatches tag: ETag?, _ write: PreparedWrite) throws(StoreError) -> WriteOutcome {
        if let rejection = Self.rejection(of: try etag(of: write), expecting: tag) { return .rejected(rejection) }
        let statement = try connection.statement(.delete)
        try statement.bind(key: write)
        try statement.run()
        return .applied(nil)
    }

    // MARK: Rows

    private func store(_ body: [UInt8], expiresAt: WallTime?, _ write: PreparedWrite) throws(StoreError) -> ETag {
        let etag = etags.next()
        let statement = try connection.statement(.upsert)
        try statement.bind(key: write)
        try statement.bindText(4, utf8: body)
        try statement.bind(5, etag.text)
        try statement.bind(6, expiresAt?.millisecondsSinceEpoch)
        try statement.run()
        return etag
    }

    /// The version of the document under the key; nil when there is none, or it has expired.
    private func etag(of write: PreparedWrite) throws(StoreError) -> ETag? {
        let row = try connection.statement(.version)
        defer { row.reset() }
        try row.bind(key: write)
        guard try row.step(), row.isNull(1) || row.int64(1) > now.millisecondsSinceEpoch else { return nil }
        return ETag(row.text(0))
    }

    private func current(
        _ write: PreparedWrite
    ) throws(StoreError) -> (document: Document, etag: ETag, expiresAt: WallTime?)? {
        let row = try connection.statement(.current)
        defer { row.reset() }
        try row.bind(key: write)
        guard try row.step() else { return nil }
        let expiresAt = row.int64OrNil(2).map { WallTime(millisecondsSinceEpoch: $0) }
        if let expiresAt, expiresAt <= now { return nil }
        switch DocumentDecoder.row(write.key, body: 0, etag: 1, expiresAt: expiresAt, in: row) {
        case .document(let stored): return (stored.document, stored.etag, expiresAt)
        case .expired: return nil
        case .unreadable(let unreadable): throw unreadable.storeError(in: write.key.collection)
        }
    }

    private static func rejection(of current: ETag?, expecting tag: ETag?) -> Rejection? {
        guard let current else { return .notFound }
        if let tag, tag != current { return .etagMismatch(current: current) }
        return nil
    }

    /// Makes sure that the collection exists and returns its default lifetime; asked once per transaction.
    private mutating func collection(_ name: CollectionName) throws(StoreError) -> Duration? {
        if let known = defaultLifetimes[name] { return known }
        let row = try connection.statement(.collection)
        defer { row.reset() }
        try row.bind(1, name.text)
        var lifetime: Duration?
        if try row.step() {
            lifetime = row.int64OrNil(0).map { .milliseconds($0) }
        } else {
            let insertion = try connection.statement(.insertCollection)
            try insertion.bind(1, name.text)
            try insertion.run()
        }
        defaultLifetimes[name] = .some(lifetime)
        return lifetime
    }
}

extension Statement {
    fileprivate func bind(key write: PreparedWrite) throws(StoreError) {
        try bind(1, write.key.collection.text)
        try bind(2, write.partition)
        try bind(3, write.id)
    }
}

extension SQL {
    fileprivate static let upsert: SQL = """
        INSERT INTO documents (collection, partition, id, body, etag, expires_at, canonical)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5)
        ON CONFLICT (collection, partition, id) DO UPDATE SET body = excluded.body, etag = excluded.etag,
            expires_at = excluded.expires_at, canonical = excluded.canonical
        """
    fileprivate static let delete: SQL = """
        DELETE FROM documents WHERE collection = ?1 AND partition = ?2 AND id = ?3
        """
    fileprivate static let version: SQL = """
        SELECT etag, expires_at FROM documents WHERE collection = ?1 AND partition = ?2 AND id = ?3
        """
    fileprivate static let current: SQL = """
        SELECT body, etag, expires_at FROM documents WHERE collection = ?1 AND partition = ?2 AND id = ?3
        """
    fileprivate static let collection: SQL = "SELECT default_lifetime FROM collections WHERE name = ?1"
    fileprivate static let insertCollection: SQL = "INSERT INTO collections (name) VALUES (?1)"
}
