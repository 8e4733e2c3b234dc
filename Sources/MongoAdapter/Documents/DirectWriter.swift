internal import MigrationCore

/// Applies writes by single commands, outside of transactions, wherever one command both checks and writes.
///
/// What a command did not apply is not explained here: the caller looks again in a transaction. Commands that write one document are
/// repeated by libmongoc under the same number, which the server applies once.
struct DirectWriter {
    let client: MongoClient
    let database: String
    let now: WallTime
    let etags: ETagSource
    let defaultLifetime: Duration?

    /// Whether a single command decides: the document can be at one place only.
    static func takes(_ write: DocumentWrite) -> Bool {
        guard DocumentPlace.hasOne(write.key) else { return false }
        return switch write.action {
        case .put(_, .ifMatches(let tag)): !StoredForm.isContentTag(tag)
        case .put: true
        case .delete(let tag): tag.map { !StoredForm.isContentTag($0) } ?? true
        case .patch: false
        }
    }

    /// Applies one write; nil when its condition did not hold, or the reason has to be looked up.
    func apply(_ write: DocumentWrite) throws(StoreError) -> WriteOutcome? {
        switch write.action {
        case .put(_, .insert): return try insert([write], ordered: true)[0]
        case .put(_, let condition):
            return try update([(write, query(of: write, condition))], upserts: condition == .upsert, ordered: true)[0]
        case .delete(let tag):
            var query = DocumentPlace.usual(write.key).query
            query.append(StoredForm.expiryPath, ["$not": ["$lte": .date(now)]])
            if let tag { query.append(StoredForm.versionPath, .string(tag.text)) }
            let reply = try run(
                [
                    "delete": .string(write.key.collection.nameInMongoDB),
                    "deletes": [["q": .document(query), "limit": 1]],
                ]
            )
            return reply["n"] == .int32(1) ? .applied(nil) : nil
        case .patch: return nil
        }
    }

    /// Finds the document that a put may replace.
    private func query(of write: DocumentWrite, _ condition: WriteCondition) -> Document {
        var query = DocumentPlace.usual(write.key).query
        switch condition {
        case .upsert, .insert: break
        case .replace: query.append(StoredForm.expiryPath, ["$not": ["$lte": .date(now)]])
        case .ifMatches(let tag):
            query.append(StoredForm.expiryPath, ["$not": ["$lte": .date(now)]])
            query.append(StoredForm.versionPath, .string(tag.text))
        }
        return query
    }

    /// Inserts the documents of puts by one command.
    ///
    /// - Returns: One outcome for each; nil for one whose place is taken, and, if `ordered`, for all behind it.
    func insert(
        _ writes: ArraySlice<DocumentWrite>,
        ordered: Bool,
        in session: MongoSession? = nil
    ) throws(StoreError) -> [WriteOutcome?] {
        let tags = writes.map { _ in etags.next() }
        let collection = writes[writes.startIndex].key.collection
        let bytes = writes.reduce(0) { $0 + $1.body.byteCount + Self.bytesAround }
        let command = command("insert", on: collection, "documents", ordered: ordered, bytes: bytes) { writer in
            for (index, write) in writes.enumerated() {
                writer.appendHeader(.document, index: index)
                append(write, tags[index], to: &writer)
            }
        }
        return try outcomes(of: command, writes, tags, ordered: ordered, in: session)
    }

    /// Replaces documents by one command, each where its query finds it, or anew if that is asked for.
    ///
    /// Without `upserts` it takes a single write, since the reply counts only all together.
    ///
    /// - Returns: One outcome for each; nil for one that was not applied for another reason than a refusal that says why, and, if
    ///   `ordered`, for all behind the first that was not applied.
    func update(
        _ writes: [(write: DocumentWrite, query: Document)],
        upserts: Bool,
        ordered: Bool
    ) throws(StoreError) -> [WriteOutcome?] {
        precondition(upserts || writes.count == 1, "The outcomes of several conditional updates cannot be told apart.")
        let tags = writes.map { _ in etags.next() }
        return try outcomes(
            of: updateCommand(writes, tags, upserts: upserts, ordered: ordered),
            writes.map(\.write)[...],
            tags,
            ordered: ordered,
            needsMatch: !upserts,
            in: nil
        )
    }

    /// Replaces documents by one command of a transaction, each where its condition holds.
    ///
    /// The reply counts only all together. Where it counts too few, a look tells which ones they were: in the transaction nobody
    /// else writes between the two, so a version that is there was written here, and one that is not belongs to a condition that
    /// does not hold.
    ///
    /// - Parameter tags: the version of each document once it is replaced.
    /// - Returns: Whether each one was replaced; nil when the server refuses one of them, which ends the transaction.
    func replace(
        _ writes: ArraySlice<DocumentWrite>,
        _ tags: [ETag],
        in session: MongoSession
    ) throws(StoreError) -> [Bool]? {
        let updates = writes.map { write -> (write: DocumentWrite, query: Document) in
            guard case .put(_, let condition) = write.action else { preconditionFailure("Only puts replace.") }
            return (write, query(of: write, condition))
        }
        let reply = try run(updateCommand(updates, tags, upserts: false, ordered: false), in: session)
        if reply.contains("writeErrors") { return nil }
        if reply["n"] == .int32(Int32(writes.count)) { return writes.map { _ in true } }
        let there = try versions(writes, in: session)
        return tags.map { there.contains($0.text) }
    }

    // MARK: Commands

    private func append(_ write: DocumentWrite, _ tag: ETag, to writer: inout BSONWriter) {
        StoredForm.append(
            write.body,
            key: write.key,
            at: DocumentPlace.usual(write.key),
            etag: tag,
            expiresAt: write.expiry(now: now, default: defaultLifetime),
            to: &writer
        )
    }

    private func updateCommand(
        _ writes: [(write: DocumentWrite, query: Document)],
        _ tags: [ETag],
        upserts: Bool,
        ordered: Bool
    ) -> Document {
        let bytes = writes.reduce(0) { $0 + $1.write.body.byteCount + $1.query.byteCount + Self.bytesAround }
        let collection = writes[0].write.key.collection
        return command("update", on: collection, "updates", ordered: ordered, bytes: bytes) { writer in
            for (index, item) in writes.enumerated() {
                writer.appendHeader(.document, index: index)
                let update = writer.beginDocument()
                writer.append("q", .document(item.query))
                writer.appendHeader(.document, "u")
                append(item.write, tags[index], to: &writer)
                if upserts { writer.append("upsert", true) }
                writer.endDocument(update)
            }
        }
    }

    /// What surrounds a body in a command: its version, its place and names, mostly.
    private static let bytesAround = 160

    /// - Parameter bytes: about how large the items are together.
    private func command(
        _ name: String,
        on collection: CollectionName,
        _ items: String,
        ordered: Bool,
        bytes: Int,
        _ fill: (inout BSONWriter) -> Void
    ) -> Document {
        var writer = BSONWriter(reservingCapacity: bytes + 1_024)
        let start = writer.beginDocument()
        writer.append(name, .string(collection.nameInMongoDB))
        writer.append("ordered", .bool(ordered))
        writer.appendHeader(.array, items)
        let array = writer.beginDocument()
        fill(&writer)
        writer.endDocument(array)
        writer.endDocument(start)
        return Document(validatedBSON: writer.bytes)
    }

    private func run(_ command: Document, in session: MongoSession? = nil) throws(StoreError) -> Document {
        do throws(StoreError) {
            return try client.command(command, on: database, session == nil ? .write : .plain, in: session)
        } catch {
            throw session == nil ? error.ofWrite() : error
        }
    }

    private func outcomes(
        of command: Document,
        _ writes: ArraySlice<DocumentWrite>,
        _ tags: [ETag],
        ordered: Bool,
        needsMatch: Bool = false,
        in session: MongoSession?
    ) throws(StoreError) -> [WriteOutcome?] {
        let reply: Document
        do throws(StoreError) {
            reply = try run(command, in: session)
        } catch  where error.code == .outcomeUnknown {
            return resolve(writes, tags, after: error)
        }
        var outcomes = tags.map { WriteOutcome?.some(.applied($0)) }
        if needsMatch, reply["n"] != .int32(1) { outcomes = [nil] }
        guard case .array(let errors)? = reply["writeErrors"] else { return outcomes }
        for case .document(let item) in errors {
            guard case .int32(let index)? = item["index"], outcomes.indices.contains(Int(index)) else { continue }
            let failure = MongoFailure(item)
            outcomes[Int(index)] = Self.outcome(of: failure)
            if ordered { for rest in (Int(index) + 1)..<max(Int(index) + 1, outcomes.count) { outcomes[rest] = nil } }
        }
        return outcomes
    }

    /// How a write ended that the server refused; nil where the place was taken, which is to be explained.
    private static func outcome(of failure: MongoFailure) -> WriteOutcome? {
        if let name = failure.refusingIndex { return .rejected(.uniqueIndex(name: name)) }
        return failure.code == ServerCode.duplicateKey ? nil : .rejected(.invalid(StoreError(failure)))
    }

    /// Looks for writes whose reply was lost: one that is found was applied, whatever one that is not found will do.
    func resolve(_ writes: ArraySlice<DocumentWrite>, _ tags: [ETag], after error: StoreError) -> [WriteOutcome?] {
        // Where the look fails as well, nothing is known about any of them.
        let there = (try? versions(writes)) ?? []
        return tags.map { there.contains($0.text) ? .applied($0) : .unknown(error) }
    }

    /// The versions of the documents that lie at the places of these writes.
    private func versions(
        _ writes: ArraySlice<DocumentWrite>,
        in session: MongoSession? = nil
    ) throws(StoreError) -> Set<String> {
        var versions: Set<String> = []
        unsafe try client.find(
            ["_id": ["$in": .array(writes.map { DocumentPlace.usual($0.key).value })]],
            in: writes[writes.startIndex].key.collection.nameInMongoDB,
            of: database,
            options: ["projection": .document([StoredForm.versionPath: 1])],
            in: session
        ) { (bytes) throws(StoreError) in
            let document = try unsafe Document(storedBSON: bytes)
            if case .string(let tag)? = document[path: FieldPath(StoredForm.versionPath)] { versions.insert(tag) }
            return true
        }
        return versions
    }
}

extension DocumentWrite {
    /// The document that a put stores.
    var body: Document {
        guard case .put(let body, _) = action else { preconditionFailure("Only puts have a body.") }
        return body
    }
}
