internal import MigrationCore

/// Applies writes of documents inside one transaction, each after a look at what is there.
///
/// It is exact against every writer: what a write was decided by cannot change before the commit, or the server ends the
/// transaction and it is begun anew. Single writes take a shorter way where one command can do both; see `DirectWriter`.
struct DocumentTransaction {
    let client: MongoClient
    let session: MongoSession
    let database: String
    let now: WallTime
    let etags: ETagSource
    let capabilities: DocumentStoreCapabilities
    /// The default lifetime of the collection.
    let defaultLifetime: Duration?

    /// What is under a key.
    private struct Current {
        /// Where the document is, or will be.
        var place: DocumentPlace
        /// What lies there, expired or not.
        var row: FoundRow?
        /// A document of another key that MongoDB takes for this one, when it has the usual place.
        var sibling: DocumentPlace?

        var exists: Bool { row != nil }
    }

    /// Applies a write, or says why it changes nothing.
    ///
    /// - Throws: what the server ends the transaction with; a ``MongoFailure/refusingIndex`` is among it.
    func apply(_ write: DocumentWrite) throws(StoreError) -> WriteOutcome {
        try DocumentRules.check(write, capabilities: capabilities)
        let current = try look(for: write.key)
        let live = current.row.flatMap { isExpired($0) ? nil : $0 }
        switch write.action {
        case .put(let body, let condition):
            if let rejection = try rejection(of: condition, live, in: write.key.collection) {
                return .rejected(rejection)
            }
            let expiresAt = write.expiry(now: now, default: defaultLifetime)
            return .applied(try store(body, write.key, expiresAt: expiresAt, over: current))
        case .patch(let operations, let tag):
            guard let live else { return .rejected(.notFound) }
            let found = try live.document(in: write.key.collection).stored
            if let tag, tag != found.etag { return .rejected(.etagMismatch(current: found.etag)) }
            let patched = try operations.applied(to: found.document)
            try DocumentRules.check(patched, for: write.key, capabilities: capabilities)
            let expiresAt =
                write.lifetime == .collectionDefault
                ? found.expiresAt : write.expiry(now: now, default: defaultLifetime)
            return .applied(try store(patched, write.key, expiresAt: expiresAt, over: current))
        case .delete(let tag):
            guard let live else { return .rejected(.notFound) }
            if let tag {
                let etag = try live.document(in: write.key.collection).stored.etag
                if tag != etag { return .rejected(.etagMismatch(current: etag)) }
            }
            try delete(current.place, in: write.key.collection)
            return .applied(nil)
        }
    }

    private func isExpired(_ row: FoundRow) -> Bool {
        if case .document(let found) = row { found.isExpired(at: now) } else { false }
    }

    private func rejection(
        of condition: WriteCondition,
        _ live: FoundRow?,
        in collection: CollectionName
    ) throws(StoreError) -> Rejection? {
        switch condition {
        case .upsert: return nil
        case .insert: return live == nil ? nil : .exists
        case .replace: return live == nil ? .notFound : nil
        case .ifMatches(let tag):
            guard let live else { return .notFound }
            let etag = try live.document(in: collection).stored.etag
            return tag == etag ? nil : .etagMismatch(current: etag)
        }
    }

    // MARK: The server

    private func look(for key: DocumentKey) throws(StoreError) -> Current {
        let candidates = DocumentPlace.candidates(key)
        var current = Current(place: DocumentPlace.first(key))
        unsafe try client.find(
            ["_id": ["$in": .array(candidates.map(\.value))]],
            in: key.collection.nameInMongoDB,
            of: database,
            in: session
        ) { (bytes) throws(StoreError) in
            let row = unsafe StoredForm.row(in: [UInt8](bytes), of: key.collection)
            let (place, found): (DocumentPlace?, DocumentKey?) =
                switch row {
                case .document(let document): (document.place, document.key)
                case .unreadable(let unreadable, let place): (place, unreadable.key)
                }
            if found == key, let place {
                current.row = row
                current.place = place
            } else {
                current.sibling = place
            }
            return true
        }
        if current.row == nil, current.sibling != nil {
            guard candidates.count > 1 else {
                throw StoreError(
                    .invalidKey,
                    "Another program has stored a document under a symbol that MongoDB takes for this id; remove that first.",
                    context: .init(collection: key.collection)
                )
            }
            current.place = DocumentPlace.exact(key)
        }
        return current
    }

    private func store(
        _ body: Document,
        _ key: DocumentKey,
        expiresAt: WallTime?,
        over current: Current
    ) throws(StoreError) -> ETag {
        let etag = etags.next()
        if current.exists {
            try command { writer in
                writer.append("update", .string(key.collection.nameInMongoDB))
                writer.appendHeader(.array, "updates")
                let array = writer.beginDocument()
                writer.appendHeader(.document, index: 0)
                let update = writer.beginDocument()
                writer.append("q", .document(current.place.query))
                writer.appendHeader(.document, "u")
                StoredForm.append(body, key: key, at: current.place, etag: etag, expiresAt: expiresAt, to: &writer)
                writer.endDocument(update)
                writer.endDocument(array)
            }
            return etag
        }
        if let sibling = current.sibling {
            // Two keys that MongoDB takes for one: the other one must stay where it is while this one goes beside it.
            _ = try client.command(
                [
                    "update": .string(key.collection.nameInMongoDB),
                    "updates": [
                        [
                            "q": .document(sibling.query),
                            "u": ["$inc": .document(["\(StoredForm.field).n": 1])],
                        ]
                    ],
                ],
                on: database,
                .plain,
                in: session
            )
        }
        try command { writer in
            writer.append("insert", .string(key.collection.nameInMongoDB))
            writer.appendHeader(.array, "documents")
            let array = writer.beginDocument()
            writer.appendHeader(.document, index: 0)
            StoredForm.append(body, key: key, at: current.place, etag: etag, expiresAt: expiresAt, to: &writer)
            writer.endDocument(array)
        }
        return etag
    }

    private func delete(_ place: DocumentPlace, in collection: CollectionName) throws(StoreError) {
        let reply = try client.command(
            ["delete": .string(collection.nameInMongoDB), "deletes": [["q": .document(place.query), "limit": 1]]],
            on: database,
            .plain,
            in: session
        )
        try reply.throwWriteErrors()
    }

    private func command(_ fill: (inout BSONWriter) -> Void) throws(StoreError) {
        var writer = BSONWriter(reservingCapacity: 4_096)
        let start = writer.beginDocument()
        fill(&writer)
        writer.endDocument(start)
        let reply = try client.command(
            Document(validatedBSON: writer.bytes),
            on: database,
            .plain,
            in: session
        )
        do throws(StoreError) {
            try reply.throwWriteErrors()
        } catch {
            guard let failure = error.mongoFailure, failure.code == ServerCode.duplicateKey,
                failure.refusingIndex == nil
            else { throw error }
            throw .lostRace
        }
    }
}

extension DocumentWrite {
    /// When the result of a put expires.
    func expiry(now: WallTime, default defaultLifetime: Duration?) -> WallTime? {
        switch lifetime {
        case .collectionDefault: defaultLifetime.map { now.advanced(by: $0) }
        case .forever: nil
        case .until(let time): time
        }
    }

    /// Whether the write may give a document an expiry.
    func mayExpire(default defaultLifetime: Duration?) -> Bool {
        switch lifetime {
        case .until: true
        case .forever: false
        case .collectionDefault: defaultLifetime != nil
        }
    }
}

extension StoreError {
    /// Another writer was first with something that a transaction did not see: it is begun anew.
    static let lostRace = StoreError(
        MongoFailure(
            origin: .server,
            code: ServerCode.writeConflict,
            labels: ["TransientTransactionError"],
            text: "another writer was first"
        )
    )
}
